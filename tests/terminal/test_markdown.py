"""Text from elsewhere on its way into Markdown, as GitHub reads it."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.terminal.test_printable import anything

from lookalike.terminal.markdown import LONGEST, plain, table
from lookalike.terminal.printable import printable

RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render
MARKUP = st.text(st.sampled_from("|*_~`[]()<>&!#@$\\:-+=. \n\tawx1/"), max_size=60)
# https://docs.github.com/en/get-started/writing-on-github: what is linked without any markup
LINKED = re.compile(
    r"(?<![a-z0-9])@\w|@\d*[a-z_]|@\d+[.-]\w|#\d|\bgh-\d|www\.|://|\$[^$]+\$", re.IGNORECASE
)


@given(MARKUP | anything)
def test_a_cell_says_the_text_and_nothing_else(text: str) -> None:
    html = RENDER("\n".join(table(["a", "b"], [["x", text]])))
    cells = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    assert html.count("<td>") == 2
    assert "<" not in cells[1]
    shown = unescape(cells[1]).replace("\u200b", "")
    assert shown.split() == printable(text)[:LONGEST].replace("\u200b", "").split()


@pytest.mark.parametrize(
    "text",
    [
        "@everybody",
        "a@example.org",
        "fixes #12",
        "owner/repository#3",
        "GH-7",
        "www.example.org",
        "_www.example.org",
        "https://example.org",
        "$\\href{https://example.org}{x}$",
    ],
)
def test_github_makes_no_link_and_no_mention_of_it(text: str) -> None:
    html = RENDER(plain(text))
    written = re.sub(r"\\\\(.)", r"\\\1", plain(text))
    assert "<a" not in html
    assert LINKED.search(text)
    assert not LINKED.search(written.replace("\\:", "").replace("\\$", ""))


def test_a_long_text_is_cut() -> None:
    assert len(plain("\x1b" * 10_000)) < 3 * LONGEST


def test_the_name_of_a_metric_stays_as_it_is() -> None:
    assert plain("recall@1") == "recall@1"
