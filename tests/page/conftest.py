"""The page in a real Chromium, given out by the real service over the tiny model and index."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from tests.serve.conftest import Serving, digit, serving, settings

__all__ = ["digit", "serving", "settings"]  # fixtures that these tests share with the service's

Open = Callable[..., Page]
BACKGROUNDS = {"dark": "21, 20, 19", "light": "251, 250, 248"}

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def address(serving: Serving) -> Iterator[str]:
    """Where the page is."""
    with serving() as client:
        yield str(client.base_url)


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Open]:
    """Open the page: `opened("?view=map", color_scheme="dark")`; it may not break on the way."""
    with watched(browser) as new:

        def open_page(path: str = "", at: str = address, **context: Any) -> Page:
            page = new(**context)
            page.goto(f"{at}/{path}")
            return page

        yield open_page


@pytest.fixture
def page(opened: Open) -> Page:
    """The page as one finds it."""
    return opened()


@pytest.fixture
def results(page: Page, three: Path) -> Page:
    """The page with what is like a handwritten three."""
    page.set_input_files("#file", three)
    expect(page.locator("#results-title")).to_have_text("40 images")
    return page


@pytest.fixture(scope="session")
def three(tiny_source: Path) -> Path:
    """An indexed image."""
    return tiny_source / "3/03.png"


@contextmanager
def on_a_phone(browser: Browser, path: Path, scheme: str) -> Iterator[Page]:
    """A page that is a file, in the colors of the system, and no wider than a phone."""
    with watched(browser) as new:
        page = new(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page.goto(path.as_uri())
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert color == f"rgb({BACKGROUNDS[scheme]})"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        yield page


@contextmanager
def watched(browser: Browser) -> Iterator[Open]:
    """New pages; what they throw, or their Content-Security-Policy blocks, fails the test."""
    faults: list[str] = []
    contexts = []

    def listen(message: ConsoleMessage) -> None:
        # what the service refuses is logged by the browser, too, and shown by the page
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def new(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert faults == []
