"""The pages that are files run their own script and nothing else, in a real Chromium."""

from pathlib import Path

from playwright.sync_api import Browser

from lookalike.figures.content_policy import content_policy

OURS = "<script>document.title = 'ours'</script>"
FOREIGN = "<img src=x onerror=\"document.title = 'foreign'\"><script>document.title += '!'</script>"


def test_a_script_of_the_page_runs_and_what_a_label_smuggles_in_does_not(
    browser: Browser, tmp_path: Path
) -> None:
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content_policy(OURS)}">'
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html>{meta}{OURS}{FOREIGN}")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_timeout(300)
    assert page.title() == "ours"


def test_a_page_inside_of_a_page_runs_its_script_by_the_outer_policy(
    browser: Browser, tmp_path: Path
) -> None:
    inner = "<script>parent.postMessage('ran', '*')</script>"
    outer = "<script>onmessage = event => document.title = event.data</script>"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content_policy(outer, inner)}">'
    frame = f'<iframe sandbox="allow-scripts" srcdoc="{inner}"></iframe>'
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html>{meta}{outer}{frame}")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_function("document.title == 'ran'")


def test_without_scripts_none_may_run() -> None:
    assert "script-src 'none'" in content_policy("<p>text</p>")
