"""The documentation site: every page, as GitHub shows it, and nothing from anywhere else."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.conftest import file_server
from tests.page.conftest import watched

from docs.website import ON_GITHUB, build, site_files, with_links

from .blocks import REPOSITORY, links, tokens

PAGES = {page: name for page, name in site_files().items() if name.endswith(".md")}
# Elements that a page is made of, and what their tokens are called.
STRUCTURE = {"table": "table_open", "tr": "tr_open", "li": "list_item_open", "pre": "fence"}
STRUCTURE |= {f"h{level}": f"h{level}" for level in range(1, 5)}


class Elements(HTMLParser):
    """The elements of the text of a page, and the addresses that the page loads from."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.of_text: Counter[str] = Counter()
        self.loaded: list[str] = []
        self._in_text = False
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_text |= tag == "article"
        self.of_text[tag] += self._in_text
        self.loaded += [given[name] for name in ("src", "srcset", "poster") if name in given]
        if tag == "link" and given["rel"] not in {"canonical", "prev", "next"}:
            self.loaded.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        self._in_text &= tag != "article"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built strictly: a link that leads nowhere fails."""
    return build(tmp_path_factory.mktemp("website"))


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Where the site is given out, on this machine."""
    with file_server(site) as address:
        yield address


def built(site: Path, name: str) -> Path:
    return site / ("" if name == "index.md" else name.removesuffix(".md")) / "index.html"


def test_every_page_has_the_headings_lists_tables_and_code_that_github_shows(site: Path) -> None:
    differing = {}
    for page, name in PAGES.items():
        kinds = Counter(
            token.tag if token.type == "heading_open" else token.type for token in tokens(page)
        )
        of_text = Elements(built(site, name)).of_text
        shown = {tag: of_text[tag] for tag in STRUCTURE}
        if shown != (on_github := {tag: kinds[kind] for tag, kind in STRUCTURE.items()}):
            differing[page] = (shown, on_github)
    assert differing == {}


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = {address for file in site.rglob("*.html") for address in Elements(file).loaded}
    assert [address for address in loaded if re.match(r"(\w+:)?//", address)] == []
    styles = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))
    assert re.findall(r"url\(['\"]?(?:\w+:)?//[^)]*\)|@import[^;]*", styles) == []


def test_reading_and_searching_asks_no_other_host(browser: Browser, address: str) -> None:
    context = browser.new_context()
    asked: list[str] = []

    def note(route: Any) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith(address), note)
    page = context.new_page()
    page.goto(f"{address}/page/")
    expect(page.locator("article img").first).to_have_js_property("complete", True)
    page.keyboard.press("/")
    page.keyboard.type("recall")
    expect(page.get_by_role("link", name="Glossary").last).to_be_visible()
    page.wait_for_load_state("networkidle")
    context.close()
    assert asked == []


def test_a_strict_policy_blocks_nothing_of_the_site_and_all_that_is_smuggled_in(
    browser: Browser, address: str, site: Path
) -> None:
    with watched(browser) as new:
        for name in ("", "page/", "api/", "security/", "404.html"):
            page = new()
            page.goto(f"{address}/{name}")
            expect(page.locator("article")).to_be_visible()
        page = new()
        page.goto(f"{address}/page/")
        page.get_by_title("Switch to light mode").locator("visible=true").click()
        page.get_by_title("Switch to dark mode").locator("visible=true").click()
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        page.keyboard.press("/")
        page.keyboard.type("recall")
        expect(page.get_by_role("link", name="Glossary").last).to_be_visible()
    page = browser.new_page()
    text = built(site, "glossary.md").read_text(encoding="utf-8")
    harm = "document.title = 'harmed'"
    harm = f'<img src=x onerror="{harm}"><script>{harm}</script>'
    (site / "harm").mkdir()
    (site / "harm" / "index.html").write_text(text.replace("<h1", f"{harm}<h1"), encoding="utf-8")
    page.goto(f"{address}/harm/")
    page.wait_for_load_state("networkidle")
    assert "harmed" not in page.title()


def test_no_page_is_wider_than_a_phone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    wide = []
    for name in ("index", "parameters", "cli", "api", "security", "benchmarks"):
        page.goto(f"{address}/{name.removeprefix('index')}")
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(name)
    context.close()
    assert wide == []


def test_the_navigation_has_the_pages_of_the_index_in_its_order() -> None:
    config = tomllib.loads((REPOSITORY / "docs" / "zensical.toml").read_text(encoding="utf-8"))
    listed = [link.replace("../README.md", "index.md") for link in links("docs/README.md")]
    assert list(pages_of(config["project"]["nav"])) == listed


def pages_of(navigation: Any) -> Iterator[str]:
    """The pages of a navigation, of its sections too."""
    if isinstance(navigation, str):
        yield navigation
    else:
        inner = navigation.values() if isinstance(navigation, dict) else navigation
        yield from (page for each in inner for page in pages_of(each))


def test_links_lead_to_pages_of_the_site_or_to_the_repository() -> None:
    text = "[a](splits.md#how) [b](../README.md) [c](../tests/x.py)"
    assert with_links(text, "docs/sources.md") == (
        f"[a](splits.md#how) [b](index.md) [c]({ON_GITHUB}/tests/x.py)"
    )
    elsewhere = "[d](https://dvc.org) [e](#here)"
    assert with_links(elsewhere, "docs/sources.md") == elsewhere
    assert with_links("![](docs/digits.png)", "README.md") == "![](digits.png)"
