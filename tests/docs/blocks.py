"""What the documentation is made of: the code blocks, headings and links of every page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

REPOSITORY = Path(__file__).parents[2]
GENERATED = {"docs/api.md", "docs/cli.md", "docs/parameters.md"}
PAGES = sorted(
    str(path.relative_to(REPOSITORY))
    for path in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md"))
)
# Languages whose blocks are executed or checked; `text` is anything else, such as a diagram.
CODE = {"console", "python", "yaml"}


@dataclass(frozen=True)
class Block:
    """A fenced or indented block of code.

    Attributes:
        page: where it is, relative to the repository.
        line: of its first line, from 1.
        language: the fence's; empty for an indented block or a fence without one.
        code: its text.
        not_run: why it cannot run in a test, from a comment `<!-- not run: REASON -->` before it.
        slow: whether only the full tests run it, from a comment `<!-- slow -->`.
    """

    page: str
    line: int
    language: str
    code: str
    not_run: str | None
    slow: bool

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the output that is shown below it."""

    text: str
    output: list[str]


@cache
def tokens(page: str) -> list[Token]:
    """A page, parsed as GitHub does."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return MarkdownIt("commonmark").enable("table").parse(text)


def blocks(page: str) -> list[Block]:
    """Every code block of a page, in order."""
    found = []
    comment = ""
    for token in tokens(page):
        if token.type in {"fence", "code_block"}:
            assert token.map is not None
            reason = re.fullmatch(r"<!-- not run: (.+) -->", comment, re.DOTALL)
            found.append(
                Block(
                    page,
                    token.map[0] + 1,
                    token.info.strip(),
                    token.content,
                    reason[1] if reason else None,
                    comment == "<!-- slow -->",
                )
            )
        comment = token.content.strip() if token.type == "html_block" else ""
    return found


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block: lines after `$ `, continued after a backslash."""
    lines = iter(block.code.splitlines())
    text, output = "", []
    for line in lines:
        if line.startswith("$ "):
            if text:
                yield Command(text, output)
            text, output = line[2:], []
            while text.endswith("\\"):
                text += "\n" + next(lines)
        elif line.strip():
            output.append(line)
    if text:
        yield Command(text, output)


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    found: set[str] = set()
    for heading, inline in zip(tokens(page), tokens(page)[1:], strict=False):
        if heading.type == "heading_open":
            slug = re.sub(r"[^\w\- ]", "", inline.content.lower()).replace(" ", "-")
            number = sum(
                re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other) is not None for other in found
            )
            found.add(f"{slug}-{number}" if number else slug)
    return found


def links(page: str) -> Iterator[str]:
    """The target of every link and picture of a page."""
    for token in tokens(page):
        for child in token.children or []:
            target = child.attrs.get("href") or child.attrs.get("src")
            if target:
                yield str(target)
