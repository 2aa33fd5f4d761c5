"""The page of a review in a browser: corrections are marked, by pointer and by keyboard."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.page.conftest import Open, watched
from tests.review.conftest import HEADER, reviewed

from lookalike.core.layout import Layout
from lookalike.review.findings import Finding
from lookalike.review.page import write_page
from lookalike.review.review import Review, review

__all__ = ["reviewed"]  # a fixture of the review's own tests

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}


@pytest.fixture
def found(reviewed: Layout) -> Review:
    """A review with two suspicious labels, of which one also is an outlier; one row is there."""
    table = reviewed.root / "data/corrections.csv"
    table.write_text(f'{HEADER}"z, the last.png",,drop,\n')
    whole = review(reviewed)
    findings = [
        Finding("label", 3, 0.9, "looks more like 5", "5", (100,)),
        Finding("label", 44, 0.5, "looks more like 1", "1"),
        Finding("outlier", 3, 0.5, "far away"),
    ]
    return Review(whole.images, findings, whole.corrections)


@pytest.fixture
def opened(browser: Browser, found: Review, tmp_path: Path) -> Iterator[Open]:
    """Open the page of the review; it may not break on the way."""
    path = tmp_path / "review.html"
    write_page(path, found)
    with watched(browser) as new:

        def open_page(**context: Any) -> Page:
            page = new(**context)
            page.goto(path.as_uri())
            return page

        yield open_page


def downloaded(page: Page) -> list[list[str]]:
    """The rows of the corrections file, its header left out."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "corrections.csv"
    with download.value.path().open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert ",".join(header) + "\n" == HEADER
    return rows


def card(page: Page, kind: str, number: int) -> Locator:
    return page.locator(f"section[aria-labelledby={kind}] .card").nth(number)


def test_what_is_marked_is_in_the_file_beside_what_was_there(opened: Open, found: Review) -> None:
    page = opened()
    card(page, "label", 0).get_by_text("Relabel").click()
    card(page, "label", 1).get_by_text("Keep").click()
    ids = found.images.ids
    assert downloaded(page) == [
        ["0/03.png", ids[3], "relabel", "5"],
        ["2/04.png", ids[44], "keep", "2"],
        ["z, the last.png", "", "drop", ""],
    ]


def test_an_image_that_is_found_twice_is_marked_twice(opened: Open) -> None:
    page = opened()
    card(page, "outlier", 0).get_by_text("Drop").click()
    expect(card(page, "label", 0).get_by_role("radio", name="Drop")).to_be_checked()
    expect(page.locator("#count")).to_have_text("0 kept, 0 relabeled, 2 dropped")


def test_keys_mark_and_go_on(opened: Open) -> None:
    page = opened()
    card(page, "label", 0).focus()
    page.keyboard.press("r")
    page.keyboard.type("a new, class")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("d")
    assert [row[2:] for row in downloaded(page)] == [
        ["relabel", "a new, class"],
        ["drop", ""],
        ["drop", ""],
    ]
    card(page, "label", 1).focus()
    page.keyboard.press("u")
    assert len(downloaded(page)) == 2


def test_a_new_label_is_needed_to_relabel(opened: Open) -> None:
    page = opened()
    outlier = card(page, "outlier", 0)
    outlier.get_by_text("Relabel").click()
    outlier.get_by_label("New label").fill("")
    expect(page.locator("#count")).to_have_text(re.compile("1 without a new label, left out"))
    assert len(downloaded(page)) == 1


def test_what_is_marked_outlives_a_reload(opened: Open) -> None:
    page = opened()
    drop = card(page, "label", 1).get_by_role("radio", name="Drop")
    card(page, "label", 1).get_by_text("Drop").click()
    expect(drop).to_be_checked()
    page.reload()
    expect(drop).to_be_checked()


def test_the_file_is_also_there_as_text(opened: Open) -> None:
    page = opened()
    page.get_by_text("The file as text").click()
    expect(page.locator("#text")).to_have_value(f'{HEADER}"z, the last.png",,drop,\n')


@pytest.mark.parametrize(("scheme", "background"), [("dark", "21, 20, 19"), ("light", "251")])
def test_the_page_is_dark_where_the_system_is(scheme: str, background: str, opened: Open) -> None:
    page = opened(color_scheme=scheme)
    color = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert color.startswith(f"rgb({background}")


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Open) -> None:
    page = opened(**PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card(page, "label", 1).get_by_text("Relabel").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_label_that_looks_like_html_is_text(
    browser: Browser, reviewed: Layout, tmp_path: Path
) -> None:
    markup = "</script><img src=x onerror=alert(1)>"
    table = reviewed.root / "data/corrections.csv"
    table.write_text(f"{HEADER}a.png,,relabel,{markup}\n")
    whole = review(reviewed)
    finding = Finding("label", 3, 0.9, f"looks like {markup}", markup)
    write_page(tmp_path / "review.html", Review(whole.images, [finding], whole.corrections))
    with watched(browser) as new:
        page = new()
        page.goto((tmp_path / "review.html").as_uri())
        expect(page.locator(".likely")).to_have_text(f"→ {markup}?")
        card(page, "label", 0).get_by_text("Relabel").click()
        assert [row[3] for row in downloaded(page)] == [markup, markup]
