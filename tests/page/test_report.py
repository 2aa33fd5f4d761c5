"""The report and its map in a browser: on a phone, in the dark, its table sorted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.page.conftest import Open, watched
from tests.record.test_report import evaluated

from lookalike.core.layout import Layout
from lookalike.record.report import write_report

__all__ = ["evaluated"]  # a fixture of the report's own tests

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}


@pytest.fixture
def opened(browser: Browser, evaluated: Path, tmp_path: Path) -> Iterator[Open]:
    """Open the report: `opened(color_scheme="dark")`; it may not break on the way."""
    path = tmp_path / "report.html"
    write_report(Layout(evaluated), path)
    with watched(browser) as new:

        def open_page(**context: Any) -> Page:
            page = new(**context)
            page.goto(path.as_uri())
            return page

        yield open_page


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Open) -> None:
    page = opened(**PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    canvas = page.frame_locator("iframe").locator("canvas").bounding_box()
    assert canvas is not None
    assert canvas["width"] > 300


def test_a_tap_on_the_map_shows_the_image(opened: Open) -> None:
    page = opened(**PHONE)
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frames[1]
    frame.wait_for_function("() => view")
    box = page.locator("iframe").bounding_box()
    assert box is not None
    x, y = frame.evaluate("() => onScreen(data.points[0])")
    page.touchscreen.tap(box["x"] + x, box["y"] + y)
    expect(frame.locator("#card small")).to_have_text(re.compile(r"\.png$"))


@pytest.mark.parametrize(("scheme", "background"), [("dark", "22"), ("light", "250")])
def test_the_page_is_dark_where_the_system_is(scheme: str, background: str, opened: Open) -> None:
    page = opened(color_scheme=scheme)
    script = "() => getComputedStyle(document.body).backgroundColor"
    for frame in page.frames:
        assert frame.evaluate(script) == f"rgb({background}, {background}, {background})"


def test_a_click_on_a_heading_sorts_the_classes(opened: Open) -> None:
    page = opened()
    heads = page.locator("#classes th")
    column = heads.all_inner_texts().index("f1")
    cells = page.locator(f"#classes td:nth-child({column + 1})")
    before = [float(text) for text in cells.all_inner_texts()]
    assert len(set(before)) > 1
    for backwards in (True, False):
        heads.nth(column).locator("button").click()
        after = [float(text) for text in cells.all_inner_texts()]
        assert after == sorted(before, reverse=backwards)
