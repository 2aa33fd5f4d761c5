"""The page of a comparison in a browser: in the dark, and on a phone."""

import pytest
from playwright.sync_api import Browser
from tests.compare.conftest import Repository, compared, repository
from tests.page.conftest import watched

from lookalike.compare.comparison import compare
from lookalike.compare.page import write_page

__all__ = ["compared", "repository"]  # fixtures of the comparison's own tests


@pytest.mark.parametrize(
    ("scheme", "background"), [("dark", "21, 20, 19"), ("light", "251, 250, 248")]
)
def test_it_is_dark_where_the_system_is_and_never_wider_than_a_phone(
    scheme: str, background: str, browser: Browser, compared: Repository
) -> None:
    path = compared.root / "page.html"
    write_page(path, compare(compared.at("main"), compared.at()))
    with watched(browser) as new:
        page = new(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page.goto(path.as_uri())
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert color == f"rgb({background})"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
