"""Mistakes of usage that repeat words in which a shell has put names of files."""

import sys

import pytest
from tests.terminal.test_printable import commands

from lookalike.cli import main


@pytest.mark.parametrize(
    "words",
    [
        ("search", "a.png", "--grid", "\x1b[2J\u202e.jpg"),
        ("check", "\x1b[2J\u202e.jpg"),
        ("\x1b[2J\u202e.jpg",),
        ("--\x1b[2J",),
    ],
    ids=["our own", "too many words", "a command", "an option"],
)
def test_a_name_in_a_mistake_commands_nothing(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lookalike", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert r"\x1b[2J" in said
    assert set(commands(said)) <= {"\n"}
