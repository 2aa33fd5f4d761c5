"""Files of DVC that are damaged, or made on purpose, and names that are not UTF-8, in commands."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.compare.conftest import Repository, query
from tests.revisions.test_lock_file import MADE_ON_PURPOSE

from lookalike.core.layout import Layout
from lookalike.revisions.git import git
from lookalike.revisions.repository import open_repository

OneLineError = Callable[..., AbstractContextManager[None]]
Run = Callable[..., tuple[int, str]]
UNREADABLE = [
    MADE_ON_PURPOSE[name] for name in ("not UTF-8, as a key", "nested deeply, without end")
]


@pytest.mark.parametrize("content", UNREADABLE)
@pytest.mark.parametrize(
    "words",
    [("fresh", "--no-remote"), ("compare", "main"), ("pr-report", "main"), ("gate", "main")],
    ids=" ".join,
)
def test_a_damaged_lock_is_one_line_of_every_command(
    content: bytes,
    words: tuple[str, ...],
    repository: Repository,
    run: Run,
    one_line_error: OneLineError,
) -> None:
    repository.queries({"1": query()})
    repository.commit()
    (repository.root / "dvc.lock").write_bytes(content)
    with one_line_error("dvc.lock"):
        run(repository.root, *words)


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_damaged_lock_is_not_merged(
    content: bytes, tmp_path: Path, run: Run, one_line_error: OneLineError
) -> None:
    for name in ("base", "ours", "theirs"):
        (tmp_path / name).write_bytes(b"stages: {}\n" if name != "theirs" else content)
    with one_line_error("dvc.lock: is not a dvc.lock"):
        run(tmp_path, "resolve-lock", "base", "ours", "theirs")
    with one_line_error("none: cannot be read"):
        run(tmp_path, "resolve-lock", "base", "ours", "none")
    assert (tmp_path / "ours").read_bytes() == b"stages: {}\n"


@pytest.mark.parametrize("content", MADE_ON_PURPOSE.values(), ids=MADE_ON_PURPOSE)
def test_a_damaged_pipeline_is_one_line_of_dvcs(
    content: bytes, repository: Repository, one_line_error: OneLineError
) -> None:
    if content in {MADE_ON_PURPOSE["nested, but readable"], MADE_ON_PURPOSE["billion laughs"]}:
        content = b"stages: " + content
    (repository.root / "dvc.yaml").write_bytes(content)
    with one_line_error(str(repository.root)), open_repository(Layout(repository.root)) as repo:
        repo.index.stages  # noqa: B018 reads the file


def test_names_of_git_that_are_not_utf_8_stay_the_same_names(repository: Repository) -> None:
    commit = repository.commit()
    repository.git("branch", "caf\udce9")
    names = git(repository.root, "for-each-ref", "--format=%(refname:short)").split()
    assert "caf\udce9" in names
    assert git(repository.root, "rev-parse", "caf\udce9").strip() == commit
