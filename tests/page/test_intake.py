"""A picture comes in: chosen, dropped, pasted, taken or cropped, and its neighbors come out."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import lookalike as la
from lookalike.search.searcher import Searcher

# A file in the hands of the browser, as a clipboard or a dragging mouse carries it
TRANSFER = """
const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
const transfer = new DataTransfer();
transfer.items.add(new File([bytes], "three.png", { type: "image/png" }));
"""


@pytest.fixture(scope="module")
def searcher(tiny_model: Path, tiny_index: Path) -> Searcher:
    return la.open_searcher(tiny_model, tiny_index)


def scores(page: Page) -> list[str]:
    expect(page.locator(".score").first).to_be_visible()
    return page.locator(".score").all_inner_texts()


def test_a_chosen_picture_shows_its_neighbors_as_the_library_finds_them(
    page: Page, three: Path, searcher: Searcher
) -> None:
    expected = searcher.search(three, k=40)  # before the service does: both are in this process
    page.set_input_files("#file", three)
    assert scores(page) == [f"{hit.similarity:.3f}" for hit in expected.hits]
    titles = page.locator(".tile a").evaluate_all("links => links.map(link => link.title)")
    assert titles == [hit.path for hit in expected.hits]


def test_the_predicted_classes_are_bars_as_long_as_they_are_likely(
    results: Page, three: Path, searcher: Searcher
) -> None:
    likely = [p for p in searcher.search(three).predictions if p.probability >= 0.0005]
    bars = results.locator("#bars li")
    assert bars.locator(".label").all_inner_texts() == [p.label for p in likely]
    widths = bars.evaluate_all(
        """bars => bars.map(bar => bar.querySelector(".bar").offsetWidth
                                 / bar.querySelector(".track").offsetWidth)"""
    )
    assert widths == pytest.approx([p.probability for p in likely], abs=0.02)


def test_a_pasted_picture_is_searched_for(page: Page, three: Path) -> None:
    expect(page.locator(".tile").first).to_be_visible()
    page.evaluate(
        f"data => {{ {TRANSFER} document.dispatchEvent("
        "new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })); }",
        base64.b64encode(three.read_bytes()).decode(),
    )
    assert scores(page)[0] == "1.000"


def test_a_dropped_picture_is_searched_for(page: Page, three: Path) -> None:
    expect(page.locator(".tile").first).to_be_visible()
    data = base64.b64encode(three.read_bytes()).decode()
    event = "dispatchEvent(new DragEvent('{}', {{ dataTransfer: transfer, bubbles: true }}))"
    page.evaluate(f"data => {{ {TRANSFER} document.body.{event.format('dragenter')}; }}", data)
    expect(page.get_by_text("Drop to search")).to_be_visible()
    page.evaluate(f"data => {{ {TRANSFER} document.body.{event.format('drop')}; }}", data)
    assert scores(page)[0] == "1.000"
    expect(page.get_by_text("Drop to search")).to_be_hidden()


def test_a_photo_is_taken_by_the_camera_and_searched_for(page: Page) -> None:
    page.get_by_role("button", name="Take a photo").click()
    expect(page.locator("#viewfinder")).to_have_js_property("readyState", 4)
    page.get_by_role("button", name="Take it").click()
    assert len(scores(page)) == 40
    expect(page.locator("#examples")).to_contain_text("photo.jpg")


def test_a_part_of_the_picture_is_searched_for(results: Page) -> None:
    before = scores(results)
    results.get_by_role("button", name="Crop").click()
    results.get_by_label("Part of the picture").press("Shift+ArrowLeft")
    results.locator("#crop").get_by_role("button", name="Search").click()
    expect(results.locator("#examples")).to_contain_text("part.png")
    expect(results.locator(".score").first).not_to_have_text(before[0])


def test_a_file_that_is_no_picture_is_refused_in_the_words_of_the_service(
    page: Page, three: Path
) -> None:
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"no image"})
    expect(page.get_by_role("alert")).to_contain_text("cannot be searched for")
    expect(page.get_by_role("alert")).to_contain_text("Request ")
    page.set_input_files("#file", three)
    assert scores(page)[0] == "1.000"
    expect(page.get_by_role("alert")).to_be_hidden()
