"""What commands print on stdout, and that they print by nothing else."""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.terminal.test_printable import anything, commands

import lookalike
from lookalike.terminal.output import print_json, print_lines

LIBRARY = Path(lookalike.__file__).parent


@given(st.lists(anything))
def test_a_name_makes_no_line_and_commands_nothing(names: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", lambda text, flush: printed.append(text))
        print_lines(names)
    assert len(printed) == len(names)
    assert [commands(line) for line in printed] == [[]] * len(names)


def test_json_says_the_same_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": "a\x1b[2J\n\u202e.png"})
    written = capsys.readouterr().out
    assert json.loads(written) == {"path": "a\x1b[2J\n\u202e.png"}
    assert set(commands(written)) == {"\n"}


def test_the_library_prints_by_nothing_else() -> None:
    printing = {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    }
    assert printing == {"terminal/output.py", "terminal/stage.py"}
