"""Text from elsewhere on its way to a terminal."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.terminal.printable import printable, printable_json, printable_lines

anything = st.text(st.characters() | st.characters(categories=["Cc", "Cs", "Zl", "Zp", "Cf"]))


def commands(text: str) -> list[str]:
    """The characters of a text that a terminal obeys, by what Unicode says of them."""
    return [
        c
        for c in text
        if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF"}
        or unicodedata.bidirectional(c) in {"LRI", "RLI", "FSI", "PDI"}
    ]


@given(anything)
def test_nothing_commands_the_terminal(text: str) -> None:
    assert commands(printable(text)) == []
    assert set(commands(printable_lines(text))) <= {"\n"}


@pytest.mark.parametrize(
    "text", ["", "cat", "日本/ü.png", "👩‍👩‍👧", "می‌خواهم", "a\u00a0b", "[bold]"]
)
def test_names_in_any_script_stay_as_they_are(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[31m", r"\x1b[31m"), ("a\u202eb", r"a\u202eb"), ("\udcff", r"\udcff"), ("\n", r"\n")],
)
def test_what_would_command_it_is_shown_by_its_code(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(anything, st.sampled_from(["utf-8", "UTF8", "ascii", "latin-1", "cp1252"]))
def test_json_says_the_same_in_every_encoding(text: str, encoding: str) -> None:
    written = printable_json({"label": [text]}, encoding)
    assert json.loads(written.encode(encoding)) == {"label": [text]}
    assert set(commands(written)) <= {"\n"}
