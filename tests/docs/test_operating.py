"""docs/operating.md: the error lines that it explains are those that the code says."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/operating.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| `(.+)` \| ", PAGE.partition("## Error lines")[2], re.MULTILINE)


@pytest.fixture(scope="module")
def code() -> str:
    """The whole library, texts that go on in the next line put together."""
    files = sorted((REPOSITORY / "src/lookalike").rglob("*.py"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r'"\s*\n\s*f?"', "", text)


def test_there_are_lines() -> None:
    assert len(LINES) > 10


@pytest.mark.parametrize("line", LINES)
def test_an_error_line_is_one_that_the_code_says(line: str, code: str) -> None:
    words = re.sub(r"<\w+>", "\0", line.replace("LOOKALIKE_TOKEN", "{TOKEN}"))
    pattern = re.escape(words).replace("\0", r"\{\w+\}").replace(r"\{TOKEN\}", r"\{?\w+\}?")
    assert re.search(pattern, code), line
