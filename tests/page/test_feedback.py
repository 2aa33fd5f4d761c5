"""Pictures are kept with consent alone, and what people say of an answer is kept with them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.page.conftest import Open, watched
from tests.page.test_access import PHONE, serious
from tests.serve.conftest import Serving

from lookalike.collect.collection import Collection
from lookalike.collect.hard_negatives import HardNegative


@pytest.fixture(scope="module")
def _collecting(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("collected") / "images"
    with serving(token="secret", collect=str(folder), collect_max_bytes=5000) as client:
        yield str(client.base_url), folder.parent


@pytest.fixture
def folder(_collecting: tuple[str, Path]) -> Path:
    """What was collected so far."""
    return _collecting[1] / "images"


@pytest.fixture
def open_page(browser: Browser, _collecting: tuple[str, Path]) -> Iterator[Open]:
    """The page of a service that keeps pictures, with its token."""
    with watched(browser) as new:

        def open_page(**context: Any) -> Page:
            page = new(**context)
            page.goto(_collecting[0])
            page.fill("#token-value", "secret")
            page.get_by_role("button", name="Continue").click()
            expect(page.get_by_label("Keep the pictures")).to_be_visible()
            return page

        yield open_page


@pytest.fixture
def of_their_own(encoded: Callable[..., bytes], three: Path) -> dict[str, Any]:
    """A picture that is not indexed, as the browser takes files."""
    data = three.read_bytes() + b"of their own"
    return {"name": "own.png", "mimeType": "image/png", "buffer": data}


def id_of(picture: dict[str, Any]) -> str:
    return hashlib.sha256(picture["buffer"]).hexdigest()


def asked(page: Page, picture: dict[str, Any]) -> None:
    page.set_input_files("#file", picture)
    expect(page.locator("#results-title")).to_have_text("40 images")


def test_where_nothing_is_kept_nobody_is_asked(results: Page) -> None:
    expect(results.locator("#consent-field")).to_be_hidden()
    expect(results.locator("#correction")).to_be_hidden()
    results.locator(".tile a").nth(1).press("w")
    expect(results.locator("#verdict")).not_to_be_empty()
    expect(results.locator("#not-alike")).to_be_hidden()


def test_a_picture_is_kept_only_where_the_box_is_ticked(
    open_page: Open, folder: Path, of_their_own: dict[str, Any]
) -> None:
    page = open_page()
    consent = page.get_by_label("Keep the pictures")
    expect(consent).not_to_be_checked()
    asked(page, of_their_own)
    expect(page.locator("#kept")).to_be_empty()
    expect(page.locator("#correction")).to_be_hidden()
    assert not (folder / "images" / id_of(of_their_own)).exists()
    consent.check()
    expect(page.locator("#kept")).to_have_text("Kept. Thank you.")
    page.get_by_text("Wrong class?").click()
    page.get_by_label("It is").fill("a three")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#correction-note")).to_have_text("Noted: it is a three.")
    assert (folder / "images" / id_of(of_their_own)).read_bytes() == of_their_own["buffer"]
    assert Collection(str(folder)).corrections() == {id_of(of_their_own): "a three"}
    page.reload()
    expect(page.get_by_label("Keep the pictures")).not_to_be_checked()


def test_a_picture_that_is_too_large_is_said_not_to_be_kept(
    open_page: Open, of_their_own: dict[str, Any]
) -> None:
    page = open_page()
    page.get_by_label("Keep the pictures").check()
    of_their_own["buffer"] += bytes(5000)
    asked(page, of_their_own)
    expect(page.locator("#kept")).to_have_text("Not kept: it is too large.")
    expect(page.locator("#correction")).to_be_hidden()


def test_a_hit_that_is_not_alike_becomes_a_hard_negative(
    open_page: Open, folder: Path, of_their_own: dict[str, Any]
) -> None:
    page = open_page()
    page.get_by_label("Keep the pictures").check()
    asked(page, of_their_own)
    expect(page.locator("#kept")).to_have_text("Kept. Thank you.")
    page.locator(".tile a").nth(1).press("w")
    unlike = page.locator("#not-alike")
    unlike.click()
    expect(unlike).to_have_text("Noted: not alike")
    page.get_by_role("button", name="Next").click()
    expect(unlike).to_have_text("Not alike")
    hit = page.locator("#sides section").nth(1).locator("dd").last
    page.get_by_role("button", name="Previous").click()
    pair = HardNegative(id_of(of_their_own), hit.inner_text())
    assert pair in Collection(str(folder)).hard_negatives()
    [kept] = (folder / "hard_negatives").glob(f"{pair.query}-*")
    assert json.loads(kept.read_text())["hit"] == pair.hit


def test_a_search_by_an_indexed_image_needs_no_consent_to_say_what_is_not_alike(
    open_page: Open, folder: Path
) -> None:
    page = open_page()
    page.locator(".tile a").first.click()
    expect(page.locator("#results-title")).to_have_text("40 images")
    before = len(Collection(str(folder)).hard_negatives())
    page.locator(".tile a").nth(2).press("w")
    page.locator("#not-alike").click()
    expect(page.locator("#not-alike")).to_be_disabled()
    assert len(Collection(str(folder)).hard_negatives()) == before + 1


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        pytest.param({"color_scheme": "dark", **PHONE}, marks=pytest.mark.full),
    ],
)
def test_everybody_can_say_it(
    open_page: Open, options: dict[str, Any], of_their_own: dict[str, Any]
) -> None:
    page = open_page(**options)
    page.get_by_label("Keep the pictures").focus()
    page.keyboard.press("Space")
    assert serious(page) == []
    asked(page, of_their_own)
    page.get_by_text("Wrong class?").click()
    assert serious(page) == []
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.locator(".tile a").nth(1).press("w")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
