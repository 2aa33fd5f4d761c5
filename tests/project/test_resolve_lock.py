"""Merges of `dvc.lock`: every entry is one branch's as a whole, or is left to `dvc repro`."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compare.conftest import Repository

from lookalike.core.errors import LookalikeError
from lookalike.project.lock_merge import merge_locks, write_lock
from lookalike.project.resolve_lock import resolve_conflict
from lookalike.revisions.lock_file import read_lock

REPOSITORY = Path(__file__).parents[2]
NAMES = ("ingest", "split", "train", "evaluate", "index")
entries = st.builds(
    lambda command, md5: {"cmd": command, "outs": [{"path": "model", "md5": md5}]},
    st.sampled_from(["python a.py", "python b.py"]),
    st.sampled_from(["0" * 32, "1" * 32, "2" * 32]),
)
locks = st.builds(
    lambda stages: {"schema": "2.0", "stages": stages},
    st.dictionaries(st.sampled_from(NAMES), entries),
)


def lock(**stages: str) -> dict[str, Any]:
    return {"schema": "2.0", "stages": {name: {"cmd": cmd} for name, cmd in stages.items()}}


@settings(max_examples=200, deadline=None)
@given(locks, locks, locks)
def test_every_entry_is_one_branchs_or_absent(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    merged = merge_locks(base, ours, theirs)
    result = read_lock(write_lock(merged.lock), "dvc.lock")["stages"]
    for name in NAMES:
        before, our, their = (side["stages"].get(name) for side in (base, ours, theirs))
        found = result.get(name)
        if our == their:
            assert found == our
        elif our == before:
            assert found == their
        elif their == before:
            assert found == our
        else:
            assert found is None
        assert (name in merged.dropped) == (our != before != their != our)


def test_the_text_is_the_one_that_dvc_writes() -> None:
    text = (REPOSITORY / "dvc.lock").read_text(encoding="utf-8")
    written = write_lock(read_lock(text, "dvc.lock"))
    assert written.replace(": null\n", ":\n") == text.replace(": null\n", ":\n")  # it has both
    assert read_lock(written, "dvc.lock") == read_lock(text, "dvc.lock")


@pytest.mark.parametrize("text", ["<<<<<<< ours\na: 1\n", "- a\n", "stages: [a]\n"])
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(LookalikeError, match=r"is not a dvc\.lock"):
        read_lock(text, "dvc.lock")


def test_another_schema_on_both_sides_is_refused() -> None:
    sides = ({"schema": version, "stages": {}} for version in ("2.0", "3.0", "4.0"))
    with pytest.raises(LookalikeError, match="both branches changed schema"):
        merge_locks(*sides)


@pytest.fixture
def branches(tmp_path: Path) -> Repository:
    """Two branches: both ran `train`, one ran `split`, and the other `index`."""
    repository = Repository(tmp_path / "project")

    def commit(**stages: str) -> None:
        repository.write("dvc.lock", write_lock(lock(**stages)))
        repository.commit()

    repository.write(".gitattributes", "dvc.lock merge=dvc-lock\n")
    commit(split="a", train="a", index="a")
    repository.git("switch", "--quiet", "--create", "theirs")
    commit(split="a", train="b", index="b")
    repository.git("switch", "--quiet", "main")
    commit(split="c", train="c", index="a")
    return repository


def test_git_merges_by_the_driver(branches: Repository) -> None:
    program = "from lookalike.cli import main; main()"
    driver = f"'{sys.executable}' -c '{program}' resolve-lock %O %A %B"
    branches.git("config", "merge.dvc-lock.driver", driver)
    branches.git("merge", "--quiet", "--no-edit", "theirs")
    text = (branches.root / "dvc.lock").read_text(encoding="utf-8")
    assert read_lock(text, "dvc.lock") == lock(split="c", index="b")
    assert branches.git("status", "--porcelain") == ""


def test_a_conflict_that_is_there_is_resolved(branches: Repository) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        branches.git("merge", "--quiet", "--no-edit", "theirs")
    path = branches.root / "dvc.lock"
    assert "<<<<<<<" in path.read_text(encoding="utf-8")
    assert resolve_conflict(branches.layout) == ["train"]
    assert read_lock(path.read_text(encoding="utf-8"), "x") == lock(split="c", index="b")


def test_without_a_conflict_nothing_is_written(branches: Repository) -> None:
    with pytest.raises(LookalikeError, match="no conflict"):
        resolve_conflict(branches.layout)
    assert branches.git("status", "--porcelain") == ""
