"""Search results as one HTML page."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from lookalike.search.page import section, write_page
from lookalike.search.results import Hit, Prediction, SearchResult
from lookalike.search.searcher import open_searcher

HOSTILE = "\"><script>alert('1')</script>\x1b[2J\u202e&amp;$style"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(tmp_path: Path, *results: SearchResult) -> str:
    write_page([section(result) for result in results], tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def hit(label: str | None = "cat", path: str = "cat/1.png") -> Hit:
    return Hit("a" * 64, path, label, path, "train", "cat", 8, 8, 0.98765)


def test_a_page_shows_query_predictions_and_hits(
    tiny_model: Path, tiny_index: Path, tiny_source: Path, tmp_path: Path
) -> None:
    result = open_searcher(tiny_model, tiny_index).search(tiny_source / "3/03.png", k=4)
    elements = Elements(page(tmp_path, result))
    assert "3/03.png" in elements.text
    assert "1.0000" in elements.text
    pictures = [attributes["src"] or "" for tag, attributes in elements.found if tag == "img"]
    assert len(pictures) == 5
    for picture in pictures:
        kind, _, data = picture.partition(",")
        assert kind == "data:image/webp;base64"
        assert Image.open(BytesIO(base64.b64decode(data))).format == "WEBP"


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(tmp_path: Path) -> None:
    text = page(
        tmp_path, SearchResult(HOSTILE, [Prediction(HOSTILE, 0.5)], [hit(HOSTILE, HOSTILE)])
    )
    elements = Elements(text)
    assert "script" not in {tag for tag, _ in elements.found}
    assert {name for _, attributes in elements.found for name in attributes} <= {
        "alt", "charset", "class", "content", "http-equiv", "lang", "loading", "name", "src",
        "title", "value",
    }  # fmt: skip
    assert "<script>alert('1')</script>" in elements.text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_policy_allows_the_style_of_the_page_alone(tmp_path: Path) -> None:
    text = page(tmp_path, SearchResult("q", [], []))
    policy = next(
        attributes["content"] or ""
        for tag, attributes in Elements(text).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search("<style>(.*)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.split("; ")[:3] == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
    ]


def test_predictions_that_would_read_as_nothing_are_left_out(tmp_path: Path) -> None:
    guesses = [Prediction("cat", 0.9994), Prediction("owl", 0.00049)]
    text = Elements(page(tmp_path, SearchResult("q", guesses, []))).text
    assert "99.9%" in text
    assert "owl" not in text


@pytest.mark.parametrize("results", [[], [SearchResult("q", [], [])]])
def test_a_page_of_nothing_is_a_page_too(results: list[SearchResult], tmp_path: Path) -> None:
    assert "What looks like this?" in page(tmp_path, *results)


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    result = SearchResult("q", [], [hit()], [Image.new("RGB", (9, 9))])
    assert page(tmp_path, result) == page(tmp_path, result)
