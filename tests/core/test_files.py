import hashlib
import json
import math
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lookalike.core.files import (
    read_csv,
    remove,
    sha256_of_file,
    sha256_of_files,
    to_json,
    write_csv,
    write_json,
    write_metrics,
    written_whole,
)

FAILURES = [ValueError("a mistake"), KeyboardInterrupt(), SystemExit(1)]

KILLED_WHILE_WRITING = """
import os, signal
from pathlib import Path
from lookalike.core.files import written_whole
with written_whole(Path("out")) as partial:
    {write}
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    with written_whole(tmp_path / "out") as partial:
        partial.write_text("new")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out").read_text() == "new"
    assert names(tmp_path) == ["out"]


def test_a_file_replaces_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    with written_whole(tmp_path / "out") as partial:
        partial.write_text("new")
    assert (tmp_path / "out").read_text() == "new"


def test_a_folder_replaces_the_one_before_with_all_it_held(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "stale").touch()
    with written_whole(tmp_path / "out") as partial:
        partial.mkdir()
        (partial / "fresh").touch()
    assert names(tmp_path / "out") == ["fresh"]


def test_folders_above_are_made(tmp_path: Path) -> None:
    with written_whole(tmp_path / "a" / "b" / "out") as partial:
        partial.touch()
    assert (tmp_path / "a" / "b" / "out").is_file()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_keeps_the_old_file_and_leaves_nothing_beside_it(
    tmp_path: Path, failure: BaseException
) -> None:
    (tmp_path / "out").write_text("old")
    with pytest.raises(type(failure)), written_whole(tmp_path / "out") as partial:
        partial.write_text("half")
        raise failure
    assert (tmp_path / "out").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_failure_keeps_the_old_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()
    with pytest.raises(ValueError, match="a mistake"), written_whole(tmp_path / "out") as partial:
        partial.mkdir()
        (partial / "half").touch()
        raise ValueError("a mistake")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["old"]


@pytest.mark.parametrize(
    "write", ["partial.write_text('half')", "partial.mkdir(); (partial / 'half').touch()"]
)
def test_what_a_killed_process_left_is_replaced(
    tmp_path: Path, start: Callable[[str], Popen[str]], write: str
) -> None:
    (tmp_path / "out").write_text("old")
    assert start(KILLED_WHILE_WRITING.format(write=write)).wait() == -signal.SIGKILL
    assert (tmp_path / "out").read_text() == "old"
    assert len(names(tmp_path)) == 2
    with written_whole(tmp_path / "out") as partial:
        partial.write_text("new")
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "new"


def test_a_link_is_removed_but_not_the_folder_behind_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious").touch()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    remove(tmp_path / "link")
    assert names(tmp_path) == ["folder"]
    assert names(tmp_path / "folder") == ["precious"]


def test_removing_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    remove(tmp_path / "nothing")
    assert names(tmp_path) == []


def test_json_has_one_form(tmp_path: Path) -> None:
    write_json(tmp_path / "out.json", {"z": [1, 2.5], "a": {"straße": None}})
    expected = '{\n  "z": [\n    1,\n    2.5\n  ],\n  "a": {\n    "straße": null\n  }\n}\n'
    assert (tmp_path / "out.json").read_bytes() == expected.encode()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # JSON in UTF-8 has no room for half a surrogate pair
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_json_gives_back_what_was_written(value: object) -> None:
    assert json.loads(to_json(value)) == value


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_json_refuses_what_is_no_number_and_keeps_the_old_file(
    tmp_path: Path, number: float
) -> None:
    write_json(tmp_path / "out.json", 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "out.json", {"loss": number})
    assert names(tmp_path) == ["out.json"]
    assert (tmp_path / "out.json").read_text() == "1\n"


def test_metrics_are_rounded_to_six_decimals_however_deep(tmp_path: Path) -> None:
    metrics = {"n": 3, "loss": 0.12345678, "by_class": {"cat": [2 / 3, 1e-9]}}
    write_metrics(tmp_path / "metrics.json", metrics)
    expected = {"n": 3, "loss": 0.123457, "by_class": {"cat": [0.666667, 0.0]}}
    assert json.loads((tmp_path / "metrics.json").read_text()) == expected


def test_csv_has_one_form(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", ["name", "value"], [("a, b", 1), ("é", None), ('"', 0.5)])
    expected = 'name,value\n"a, b",1\né,\n"""",0.5\n'
    assert (tmp_path / "out.csv").read_bytes() == expected.encode()


@example([("carriage\rreturn", "line\nend")])
@given(st.lists(st.tuples(*2 * [st.text(st.characters(exclude_categories=["Cs"]))])))
def test_csv_gives_back_any_text(rows: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        write_csv(Path(folder, "out.csv"), ["path", "label"], rows)
        found = read_csv(Path(folder, "out.csv"))
    assert [(row["path"], row["label"]) for row in found] == rows


def test_a_row_that_fails_leaves_no_csv(tmp_path: Path) -> None:
    def rows() -> list[tuple[str]]:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        write_csv(tmp_path / "out.csv", ["name"], (row for _ in [0] for row in rows()))
    assert names(tmp_path) == []


def test_the_sha256_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(data)
    assert sha256_of_file(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_the_sha256_of_files_is_the_same_in_any_order_and_folder(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text("1")
        (tmp_path / folder / "b").write_text("2")
    here, there = tmp_path / "here", tmp_path / "there"
    assert sha256_of_files([here / "a", here / "b"]) == sha256_of_files([there / "b", there / "a"])


def test_the_sha256_of_files_tells_which_file_holds_what(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("1")
    b.write_text("2")
    before = sha256_of_files([a, b])
    a.write_text("2")
    b.write_text("1")
    assert sha256_of_files([a, b]) != before
