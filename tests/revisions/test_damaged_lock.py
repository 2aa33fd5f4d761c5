"""A `dvc.lock` or a `dvc.yaml` that a merge, an editor or a stranger has damaged."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from dvc.repo import Repo

from lookalike.core.layout import Layout
from lookalike.revisions.lock_file import locked_outputs
from lookalike.revisions.repository import open_repository

OneLineError = Callable[..., AbstractContextManager[None]]
DAMAGED = {
    "not UTF-8": b"schema: '2.0'\nstages: {caf\xe9: {}}\n",
    "nested deeply": b"stages: " + b"[" * 3000 + b"]" * 3000,
    "nested in blocks": b"".join(b" " * n + b"a:\n" for n in range(1500)),
    "a list": b"[1, 2]",
    "a text": b"stages",
    "stages that are none": b"schema: '2.0'\nstages: [1]\n",
    "outputs that are none": b"schema: '2.0'\nstages: {split: {outs: 7}}\n",
    "an output without a path": b"schema: '2.0'\nstages: {split: {outs: [{md5: %s}]}}\n"
    % (b"0" * 32),
    "a hash that is none": b"schema: '2.0'\nstages: {split: {outs: [{path: a, md5: 7}]}}\n",
    "zeros": bytes(64),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_the_outputs_of_a_damaged_lock_are_one_line(
    damage: str, one_line_error: OneLineError
) -> None:
    with one_line_error("dvc.lock: is not a dvc.lock that dvc repro has written"):
        locked_outputs(DAMAGED[damage], "dvc.lock")


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("name", ["dvc.yaml", "dvc.lock"])
def test_a_project_with_a_damaged_file_is_one_line(
    name: str, damage: str, tmp_path: Path, one_line_error: OneLineError
) -> None:
    Repo.init(str(tmp_path), no_scm=True).close()
    (tmp_path / "dvc.yaml").write_text("stages: {split: {cmd: 'true', outs: [a]}}\n")
    (tmp_path / name).write_bytes(DAMAGED[damage])
    with one_line_error(), open_repository(Layout(tmp_path)) as repo:
        for stage in repo.index.stages:
            assert stage.dvcfile.lockfile_contents is None
