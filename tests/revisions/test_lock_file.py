"""`dvc.lock` from elsewhere: damaged, or made on purpose."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from dvc.repo import Repo

from lookalike.core.errors import DataError
from lookalike.core.layout import Layout
from lookalike.core.yaml_text import parse_yaml
from lookalike.revisions.lock_file import locked_outputs
from lookalike.revisions.repository import open_repository

OneLineError = Callable[..., AbstractContextManager[None]]

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
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
MADE_ON_PURPOSE = {
    "not UTF-8, as a key": b"schema: '2.0'\nstages: {\xff: 1}\n",
    "UTF-16": "stages: {}\n".encode("utf-16"),
    "nested deeply, without end": b"stages: " + b"[" * 10_000,
    "nested, but readable": b"a: " + b"[" * 60 + b"]" * 60,
    "names itself": b"a: &a [*a]\n",
    "billion laughs": LAUGHS.encode(),
    "a conflict": b"<<<<<<< HEAD\nstages: {}\n",
    "no such day": b"a: 2001-99-99\n",
    "too long a number": b"a: " + b"9" * 5000,
    "a null character": b"\0",
    "a list in blocks": b"- a\n",
    "stages without a schema": b"stages: [a]\n",
    "a stage that is none": b"stages: {a: 1}\n",
    "an output that is none": b"stages: {a: {outs: [1]}}\n",
    "a path that is none": b"stages: {a: {outs: [{path: [1], md5: x}]}}\n",
}
EVERY = DAMAGED | MADE_ON_PURPOSE


@pytest.mark.parametrize("damage", EVERY)
def test_what_is_no_lock_file_is_one_line(damage: str, one_line_error: OneLineError) -> None:
    line = "main: dvc.lock: is not a dvc.lock that dvc repro has written"
    with one_line_error(line, "dvc repro", kind=DataError):
        locked_outputs(EVERY[damage], "main: dvc.lock")


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


def test_outputs_without_a_hash_of_theirs_are_left_out() -> None:
    outs = "[{path: a}, {path: b, md5: null}, {path: c, md5: ../../x}, {path: d, md5: %s}]"
    lock = f"stages: {{all: {{outs: {outs % ('a' * 32)}}}}}"
    assert locked_outputs(lock, "dvc.lock") == {Path("d"): "a" * 32}
    assert locked_outputs("", "dvc.lock") == {}


def test_yaml_with_aliases_is_read_as_it_is_meant() -> None:
    assert parse_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\n") == {"a": {"x": 1}, "b": {"x": 1, "y": 2}}
