"""From hit to hit: examples, filters, copies, selection, comparison, and the way back."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tests.page.conftest import Open
from tests.serve.conftest import Serving


def tile(page: Page, number: int) -> Locator:
    """The link of the hit at a rank, from 1."""
    return page.locator(".tile a").nth(number - 1)


def paths(page: Page) -> list[str]:
    titles: list[str] = page.locator(".tile:not([hidden]) a").evaluate_all(
        "l => l.map(a => a.title)"
    )
    return titles


def test_a_click_searches_by_a_hit_and_back_returns(results: Page) -> None:
    before = paths(results)
    clicked = before[4]
    tile(results, 5).click()
    expect(results).to_have_url(re.compile(r"\?like=[0-9a-f]{64}$"))
    expect(results.locator(".example .name")).to_have_text(clicked[0])
    expect(results.locator(f"a[title='{clicked}']")).to_have_count(0)  # it is what is searched for
    results.go_back()
    expect(results.locator("#examples")).to_contain_text("03.png")
    expect(tile(results, 1)).to_have_attribute("title", before[0])
    expect(results.locator(f"a[title='{clicked}']")).to_be_visible()
    assert paths(results) == before
    results.go_forward()
    expect(results).to_have_url(re.compile(r"\?like="))


def test_an_address_is_a_search_that_can_be_shared(results: Page, opened: Open) -> None:
    tile(results, 2).click()
    expect(results).to_have_url(re.compile(r"\?like="))
    results.get_by_role("spinbutton", name="Images").fill("7")
    results.get_by_role("spinbutton", name="Images").press("Enter")
    expect(results.locator("#results-title")).to_have_text("7 images")
    other = opened(results.url.partition("/?")[2].join(["?", ""]))
    expect(other.locator("#results-title")).to_have_text("7 images")
    assert paths(other) == paths(results)


def test_shift_click_adds_an_example_and_alt_click_a_counterexample(results: Page) -> None:
    tile(results, 2).click(modifiers=["Shift"])
    expect(results.locator(".example")).to_have_count(2)
    tile(results, 3).click(modifiers=["Alt"])
    expect(results.locator(".example")).to_have_count(3)
    expect(results.locator(".example.unlike")).to_have_count(1)
    expect(results).to_have_url(re.compile("like=.*&unlike="))
    results.locator(".example.unlike").get_by_role("button", name="Remove").click()
    expect(results.locator(".example")).to_have_count(2)


def test_buttons_on_a_hit_do_the_same(results: Page) -> None:
    results.locator(".tile").nth(1).hover()
    results.locator(".tile").nth(1).get_by_role("button", name="More like this").click()
    expect(results.locator(".example")).to_have_count(2)
    results.locator(".tile").nth(2).hover()
    results.locator(".tile").nth(2).get_by_role("button", name="Less like this").click()
    expect(results.locator(".example.unlike")).to_have_count(1)


def test_filters_say_which_images_may_be_hits(results: Page) -> None:
    results.get_by_text("Label: any", exact=True).click()
    results.get_by_role("checkbox", name=re.compile("^5")).check()
    expect(results).to_have_url(re.compile(r"where\.label=5"))
    expect(results.locator("#results-title")).to_have_text("20 images")
    assert {path[0] for path in paths(results)} == {"5"}
    results.get_by_label("Path contains").fill("/1")
    results.get_by_label("Path contains").press("Enter")
    expect(results.locator("#results-title")).to_have_text("10 images")
    results.go_back()
    expect(results.locator("#results-title")).to_have_text("20 images")
    results.get_by_role("button", name="Reset").click()
    expect(results.locator("#results-title")).to_have_text("40 images")


def test_similarity_may_have_a_lower_bound(results: Page) -> None:
    results.get_by_label("Similarity from").fill("0.9")
    expect(results).to_have_url(re.compile(r"min=0\.9"))
    expect(results.locator("#results-title")).not_to_have_text("40 images")
    scores = [float(text) for text in results.locator(".score").all_inner_texts()]
    assert scores
    assert min(scores) >= 0.9


def test_a_condition_in_words_is_joined_to_the_filters(results: Page) -> None:
    results.locator("summary").filter(has_text="More").click()
    condition = results.get_by_label("Condition")
    condition.fill("label = '2' OR label = '4'")
    condition.press("Enter")
    expect(results).to_have_url(re.compile("condition="))
    expect(tile(results, 1)).to_have_attribute("title", re.compile("^[24]/"))
    assert {path[0] for path in paths(results)} == {"2", "4"}


def test_a_condition_that_is_none_is_refused_in_the_words_of_the_service(results: Page) -> None:
    results.locator("summary").filter(has_text="More").click()
    results.get_by_label("Condition").fill("lable = '3'")
    results.get_by_label("Condition").press("Enter")
    expect(results.get_by_role("alert")).to_contain_text("did you mean label?")
    results.go_back()
    expect(results.get_by_role("alert")).to_be_hidden()
    expect(results.locator(".tile")).to_have_count(40)


def test_the_same_file_a_copy_and_others_are_told_apart(
    results: Page, three: Path, encoded: Callable[..., bytes]
) -> None:
    expect(results.locator(".badge").first).to_have_text("Same file")
    with Image.open(three) as image:
        larger = encoded(image.resize((64, 64), Image.Resampling.BICUBIC))
    results.set_input_files(
        "#file", {"name": "larger.png", "mimeType": "image/png", "buffer": larger}
    )
    expect(results.locator("#examples")).to_contain_text("larger.png")
    copy = results.locator(".tile", has=results.locator("a[title='3/03.png']"))
    expect(copy.locator(".badge")).to_have_text("Copy")
    results.get_by_label("Hide near-duplicates").check()
    expect(results.get_by_role("status")).to_contain_text(["39 images, 1 near-duplicate hidden"])
    expect(copy).to_be_hidden()
    results.go_back()
    expect(copy).to_be_visible()


def test_a_selection_is_exported_as_a_table(results: Page) -> None:
    chosen = paths(results)[1:3]
    for number in (1, 2):
        results.locator(".tile").nth(number).hover()
        results.locator(".tile").nth(number).get_by_role("checkbox").check()
    expect(results.get_by_text("2 images selected")).to_be_visible()
    with results.expect_download() as download:
        results.get_by_role("button", name="Export CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["path"] for row in rows] == chosen
    assert all(row["label"] == row["path"][0] for row in rows)
    results.get_by_role("region", name="Selection").get_by_role("button", name="Clear").click()
    expect(results.locator("#selection")).to_be_hidden()


def test_why_puts_the_query_and_a_hit_side_by_side(results: Page) -> None:
    tile(results, 2).focus()
    results.keyboard.press("w")
    dialog = results.get_by_role("dialog")
    expect(dialog).to_contain_text("number 2 of 40")
    expect(dialog.locator("section").nth(0)).to_contain_text("03.png")
    expect(dialog.locator("section").nth(1)).to_contain_text("pixels")
    expect(dialog.locator("section").nth(1)).to_contain_text(paths(results)[1])
    results.keyboard.press("ArrowLeft")
    expect(dialog).to_contain_text("number 1 of 40")
    expect(dialog).to_contain_text("The very same file")
    results.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_service_with_a_token_asks_for_it_once(
    serving: Serving, opened: Open, three: Path
) -> None:
    with serving(token="secret") as client:
        page = opened(at=str(client.base_url))
        page.get_by_role("textbox", name="Token").fill("wrong")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("textbox", name="Token").fill("secret")
        page.get_by_role("button", name="Continue").click()
        page.set_input_files("#file", three)
        expect(page.locator(".score").first).to_have_text("1.000")
        expect(page.locator(".tile img").first).to_have_js_property("naturalWidth", 8)
        page.reload()
        expect(page.locator(".tile").first).to_be_visible()
        expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.full
def test_words_find_images_where_the_model_knows_text(
    opened: Open, serving: Serving, tiny_clip: Path
) -> None:
    expect(opened().get_by_role("search")).to_be_hidden()
    with serving(model=tiny_clip / "model", index=tiny_clip / "index") as client:
        page = opened(at=str(client.base_url).rstrip("/"))
        page.get_by_role("searchbox", name="In words").fill("a red chair")
        page.get_by_role("search").get_by_role("button", name="Search").click()
        expect(page).to_have_url(re.compile(r"\?text=a\+red\+chair$"))
        expect(page.locator("#results-title")).to_have_text("40 images")
        tile(page, 2).click(modifiers=["Shift"])  # an example beside the words
        expect(page).to_have_url(re.compile(r"\?like=[0-9a-f]{64}&text=a\+red\+chair$"))
