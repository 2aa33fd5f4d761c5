import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.core.files import (
    atomic_file,
    atomic_folder,
    check_output_file,
    check_output_folder,
    remove_folder,
)

OneLineError = Callable[..., AbstractContextManager[None]]

FAILURES = [ValueError("a mistake"), KeyboardInterrupt(), SystemExit(1)]

KILLED_WHILE_WRITING = """
import os, signal
from pathlib import Path
from lookalike.core.files import atomic_file, atomic_folder
with {how} as partial:
    {write}
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "out") as partial:
        partial.write_text("new")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out").read_text() == "new"
    assert names(tmp_path) == ["out"]


def test_a_file_replaces_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    with atomic_file(tmp_path / "out") as partial:
        partial.write_text("new")
    assert (tmp_path / "out").read_text() == "new"


def test_a_folder_replaces_the_one_before_with_all_it_held(tmp_path: Path) -> None:
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "stale.csv").touch()
    with atomic_folder(tmp_path / "out", "*.csv") as partial:
        (partial / "fresh.csv").touch()
    assert tree(tmp_path) == ["out", "out/fresh.csv"]


def test_folders_above_are_made(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a" / "b" / "out") as partial:
        partial.touch()
    assert (tmp_path / "a" / "b" / "out").is_file()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_keeps_the_old_file_and_leaves_nothing_beside_it(
    tmp_path: Path, failure: BaseException
) -> None:
    (tmp_path / "out").write_text("old")
    with pytest.raises(type(failure)), atomic_file(tmp_path / "out") as partial:
        partial.write_text("half")
        raise failure
    assert (tmp_path / "out").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_failure_keeps_the_old_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()
    with (
        pytest.raises(ValueError, match="a mistake"),
        atomic_folder(tmp_path / "out", "old", "half") as partial,
    ):
        (partial / "half").touch()
        raise ValueError("a mistake")
    assert tree(tmp_path) == ["out", "out/old"]


def test_what_a_killed_process_left_of_a_file_is_replaced(
    tmp_path: Path, start: Callable[[str], Popen[str]]
) -> None:
    (tmp_path / "out").write_text("old")
    killed = KILLED_WHILE_WRITING.format(
        how='atomic_file(Path("out"))', write="partial.write_text('half')"
    )
    assert start(killed).wait() == -signal.SIGKILL
    assert (tmp_path / "out").read_text() == "old"
    assert len(names(tmp_path)) == 2
    with atomic_file(tmp_path / "out") as partial:
        partial.write_text("new")
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "new"


def test_what_a_killed_process_left_of_a_folder_is_replaced(
    tmp_path: Path, start: Callable[[str], Popen[str]]
) -> None:
    killed = KILLED_WHILE_WRITING.format(
        how='atomic_folder(Path("out"), "*.csv"), atomic_file(Path(".out.partial/a.csv"))',
        write="partial.write_text('half')",
    )
    assert start(killed).wait() == -signal.SIGKILL
    assert tree(tmp_path) == [".out.partial", ".out.partial/.a.csv.partial"]
    with atomic_folder(tmp_path / "out", "*.csv") as partial:
        (partial / "a.csv").touch()
    assert tree(tmp_path) == ["out", "out/a.csv"]


HELD_WHILE_WRITING = """
import time
from pathlib import Path
from lookalike.core.files import atomic_file, atomic_folder
with {how} as partial:
    print("writing", flush=True)
    while not Path("go on").exists():
        time.sleep(0.01)
"""


@pytest.mark.parametrize("write", [atomic_file, atomic_folder])
def test_what_another_process_is_writing_is_one_line_and_becomes_whole(
    tmp_path: Path,
    start: Callable[[str], Popen[str]],
    write: Callable[[Path], AbstractContextManager[Path]],
    one_line_error: OneLineError,
) -> None:
    other = start(HELD_WHILE_WRITING.format(how=f'{write.__name__}(Path("out"))'))
    assert other.stdout and other.stdout.readline() == "writing\n"
    with (
        one_line_error(str(tmp_path / "out"), "another process is writing it"),
        write(tmp_path / "out"),
    ):
        pass
    (tmp_path / "go on").touch()
    assert other.wait() == 0
    assert names(tmp_path) == ["go on", "out"]
    with write(tmp_path / "out"):
        pass


@pytest.mark.parametrize("spelling", ["photos", "photos/", "photos/.", "photos/../photos", "link"])
def test_a_file_never_replaces_a_folder(
    tmp_path: Path, spelling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    Path("photos/precious.jpg").touch()
    Path("link").symlink_to("photos")
    before = tree(tmp_path)
    with pytest.raises(LookalikeError, match="is a folder"), atomic_file(Path(spelling)):
        raise AssertionError("the work should not have begun")
    with pytest.raises(LookalikeError, match="is a folder"):
        check_output_file(Path(spelling))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("spelling", [".", "..", "../..", "/", "below/.."])
def test_neither_file_nor_folder_takes_the_place_of_where_one_stands(
    tmp_path: Path, spelling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / "below").mkdir(parents=True)
    (tmp_path / "precious").touch()
    monkeypatch.chdir(tmp_path / "project")
    before = tree(tmp_path)
    with pytest.raises(LookalikeError, match="is a folder"), atomic_file(Path(spelling)):
        raise AssertionError("the work should not have begun")
    with pytest.raises(LookalikeError), atomic_folder(Path(spelling), "*.csv"):
        raise AssertionError("the work should not have begun")
    assert tree(tmp_path) == before


@pytest.mark.parametrize("mine", ["photo.jpg", ".hidden", "deep/photo.jpg", "a.csv/photo.jpg"])
def test_a_folder_that_holds_what_somebody_else_wrote_is_left_as_it_is(
    tmp_path: Path, mine: str
) -> None:
    (tmp_path / "out" / mine).parent.mkdir(parents=True)
    (tmp_path / "out" / mine).touch()
    (tmp_path / "out" / "b.csv").touch()
    before = tree(tmp_path)
    with (
        pytest.raises(LookalikeError, match=r"out: is not replaced: it holds .*photo|hidden"),
        atomic_folder(tmp_path / "out", "*.csv"),
    ):
        raise AssertionError("the work should not have begun")
    with pytest.raises(LookalikeError, match="is not replaced"):
        check_output_folder(tmp_path / "out", "*.csv")
    with pytest.raises(LookalikeError, match="is not replaced"):
        remove_folder(tmp_path / "out", "*.csv")
    assert tree(tmp_path) == before


def test_a_folder_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(LookalikeError, match="is a file"), atomic_folder(tmp_path / "out", "*"):
        raise AssertionError("the work should not have begun")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_pipe_is_no_place_for_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LookalikeError, match="is not a regular file"):
        check_output_file(tmp_path / "pipe")


def test_below_a_file_there_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(LookalikeError, match=r"notes\.txt is not a folder"):
        check_output_file(tmp_path / "notes.txt" / "report.html")


def test_a_link_is_removed_but_not_the_folder_behind_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious").touch()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    remove_folder(tmp_path / "link")
    assert tree(tmp_path) == ["folder", "folder/precious"]


def test_a_folder_with_a_link_to_another_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "folder")
    with pytest.raises(LookalikeError, match="it holds link"):
        remove_folder(tmp_path / "out", "*")


def test_removing_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    remove_folder(tmp_path / "nothing", "*")
    assert names(tmp_path) == []
