"""Everybody can use it: by keyboard, by screen reader, in the dark, on a phone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.page.conftest import Open

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
}
VIEWS: dict[str, Callable[[Page], object]] = {
    "results": lambda page: None,
    "filters": lambda page: page.get_by_text("Label: any", exact=True).click(),
    "why": lambda page: page.locator(".tile a").nth(1).press("w"),
    "selection": lambda page: page.locator(".tile a").nth(1).press("x"),
    "help": lambda page: page.get_by_role("button", name="Help").click(),
    "crop": lambda page: page.get_by_role("button", name="Crop").click(),
}


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people out."""
    page.wait_for_timeout(300)  # what fades in has another contrast on the way
    found = Axe().run(page).response["violations"]
    return [v["help"] for v in found if v["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.full)])
def test_axe_finds_nothing_serious(opened: Open, three: Path, scheme: str) -> None:
    page = opened(color_scheme=scheme)
    expect(page.locator(".tile").first).to_be_visible()
    assert serious(page) == []
    page.set_input_files("#file", three)
    for name, show in VIEWS.items():
        expect(page.locator("#results-title")).to_have_text("40 images")
        show(page)
        assert (name, serious(page)) == (name, [])
        page.keyboard.press("Escape")
    page.get_by_role("link", name="Map").click()
    page.get_by_role("button", name="List what is in view").click()
    expect(page.locator("#map-list-title")).to_have_text("120 images")
    assert serious(page) == []


def test_a_search_needs_nothing_but_a_keyboard(results: Page) -> None:
    results.locator(".tile a").first.focus()
    results.keyboard.press("ArrowRight")
    expect(results.locator(".tile a").nth(1)).to_be_focused()
    results.keyboard.press("ArrowDown")
    results.keyboard.press("ArrowUp")
    results.keyboard.press("Home")
    expect(results.locator(".tile a").first).to_be_focused()
    results.keyboard.press("End")
    expect(results.locator(".tile a").last).to_be_focused()
    results.keyboard.press("+")
    expect(results.locator(".example")).to_have_count(2)
    expect(results.locator(".tile a").first).to_be_focused()
    results.keyboard.press("-")
    expect(results.locator(".example.unlike")).to_have_count(1)
    results.keyboard.press("x")
    expect(results.get_by_text("1 image selected")).to_be_visible()
    results.keyboard.press("Enter")
    expect(results.locator(".example")).to_have_count(1)


def test_the_grid_is_one_stop_on_the_way_of_the_tab_key(results: Page) -> None:
    stops = results.locator(".grid :is(a, button, input)").evaluate_all(
        "all => all.filter(one => one.tabIndex === 0).length"
    )
    assert stops == 5  # a picture and what can be done with it


def test_in_the_dark_the_page_is_dark(opened: Open) -> None:
    lightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    assert opened(color_scheme="dark").evaluate(lightness) < 50
    assert opened(color_scheme="light").evaluate(lightness) > 200


@pytest.mark.parametrize("view", ["search", "map"])
def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Open, three: Path, view: str) -> None:
    page = opened(f"?view={view}" if view == "map" else "", **PHONE)
    if view == "search":
        page.set_input_files("#file", three)
        expect(page.locator("#results-title")).to_have_text("40 images")
        for action in ("More like this", "Less like this", "Why this picture"):
            expect(page.locator(".tile").first.get_by_role("button", name=action)).to_be_visible()
        page.locator("summary").filter(has_text="Filters").click()
    else:
        expect(page.locator("#legend button").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
