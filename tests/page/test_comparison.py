"""The page of a comparison in a browser: in the dark, and on a phone."""

import pytest
from playwright.sync_api import Browser
from tests.compare.conftest import Repository, compared, repository
from tests.page.conftest import BACKGROUNDS, on_a_phone

from lookalike.compare.comparison import compare
from lookalike.compare.page import write_page

__all__ = ["compared", "repository"]  # fixtures of the comparison's own tests


@pytest.mark.parametrize("scheme", BACKGROUNDS)
def test_it_is_dark_where_the_system_is_and_never_wider_than_a_phone(
    scheme: str, browser: Browser, compared: Repository
) -> None:
    path = compared.root / "page.html"
    write_page(path, compare(compared.at("main"), compared.at()))
    with on_a_phone(browser, path, scheme) as page:
        assert "→" in page.locator("h1").inner_text()
