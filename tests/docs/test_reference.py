"""The generated pages are those that `make reference` would write now."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs.api import PAGE as API_PAGE
from docs.api import api_reference
from docs.reference import PAGE, PARAMS, comments, parameter_reference, parameters
from lookalike.project.parameters import BLOCKS

from .blocks import REPOSITORY


def test_the_parameter_reference_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == parameter_reference(), "run: make reference"


def test_the_api_reference_is_up_to_date() -> None:
    assert API_PAGE.read_text(encoding="utf-8") == api_reference(), "run: make reference"


def test_the_command_line_reference_is_up_to_date(tmp_path: Path) -> None:
    page = tmp_path / "cli.md"
    command = ["typer", "lookalike.cli", "utils", "docs", "--name", "lookalike"]
    subprocess.run(
        [sys.executable, "-m", *command, "--title", "Command line", "--output", str(page)],
        check=True,
        env={"PYTHONPATH": str(REPOSITORY / "src")},
    )
    committed = REPOSITORY / "docs" / "cli.md"
    assert committed.read_text(encoding="utf-8") == page.read_text(), "run: make reference"


@pytest.mark.parametrize("name", BLOCKS)
def test_every_parameter_has_a_meaning(name: str) -> None:
    schema = BLOCKS[name].model_json_schema()
    rows = parameters(schema, name, comments(PARAMS.read_text(encoding="utf-8")))
    assert [row.key for row in rows if not row.meaning] == []


def test_comments_belong_to_the_key_below_and_to_the_key_of_their_line() -> None:
    text = "a:  # one\n  # two\n  # three\n  b: 1  # four\n"
    text += "\n  # five\n\n  c:\n    d: 'x'  # six # seven\n"
    assert comments(text) == {"a": "one", "a.b": "two three four", "a.c.d": "six # seven"}
