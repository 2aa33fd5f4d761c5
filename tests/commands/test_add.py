"""`lookalike add`, and the searches that find what it added."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    tmp_path: Path,
    tiny_export: Path,
    tiny_index: Path,
    encoded: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command where there is an export, an index and a folder of two new images."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "export").symlink_to(tiny_export)
    (tmp_path / "models" / "index").symlink_to(tiny_index)
    (tmp_path / "new").mkdir()
    for number in range(2):
        pixels = np.full((40, 60), 50 + 100 * number, np.uint8)
        (tmp_path / "new" / f"{number}.png").write_bytes(encoded(pixels))
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lookalike", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        written = capsys.readouterr()
        if isinstance(code, str):
            return 1, written.out, code
        return int(code or 0), written.out, written.err

    return command


def test_a_folder_is_added_searched_listed_and_removed(run: Run) -> None:
    code, out, _ = run("add", "new", "--label", "plain")
    assert code == 0
    assert [line.split("  ")[1:] for line in out.splitlines()] == [
        ["new/0.png", "added"],
        ["new/1.png", "added"],
    ]
    found = json.loads(run("search", "new/1.png", "-k", "1", "--json")[1])
    assert (found["hits"][0]["path"], found["hits"][0]["label"]) == ("new/1.png", "plain")
    listed = run("add", "--list")[1].splitlines()
    assert [line.split("  ")[1:] for line in listed] == [
        ["plain", "new/0.png"],
        ["plain", "new/1.png"],
    ]
    ids = [line.split("  ")[0] for line in listed]
    assert run("add", "--remove", *ids)[1] == "removed 2 images\n"
    assert run("add", "--list")[1] == ""


def test_what_cannot_be_added_is_named_and_the_exit_code_is_1(run: Run) -> None:
    code, out, error = run("add", "new/0.png", "missing.png")
    assert (code, len(out.splitlines())) == (1, 1)
    assert error == "lookalike: missing.png: cannot be read (No such file or directory)\n"


def test_pruning_says_what_it_did(run: Run) -> None:
    run("add", "new")
    assert run("add", "--prune")[1] == (
        "dropped 0 images that the index has and 0 removals that it needs no more; embedded 0 "
        "images anew\n"
    )


@pytest.mark.parametrize("words", [["add"], ["add", "-"]])
def test_without_a_name_it_is_misused(words: list[str], run: Run) -> None:
    assert run(*words)[0] == 2
