"""`dvc.lock` from elsewhere: damaged, or made on purpose."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.errors import DataError
from lookalike.core.yaml_text import parse_yaml
from lookalike.revisions.lock_file import locked_outputs

OneLineError = Callable[..., AbstractContextManager[None]]

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DAMAGED = {
    "not UTF-8": b"schema: '2.0'\nstages: {\xff: 1}\n",
    "UTF-16": "stages: {}\n".encode("utf-16"),
    "nested deeply": b"stages: " + b"[" * 10_000,
    "nested, but readable": b"a: " + b"[" * 60 + b"]" * 60,
    "names itself": b"a: &a [*a]\n",
    "billion laughs": LAUGHS.encode(),
    "a conflict": b"<<<<<<< HEAD\nstages: {}\n",
    "no such day": b"a: 2001-99-99\n",
    "too long a number": b"a: " + b"9" * 5000,
    "a null character": b"\0",
    "a list": b"- a\n",
    "stages that are none": b"stages: [a]\n",
    "a stage that is none": b"stages: {a: 1}\n",
    "outputs that are none": b"stages: {a: {outs: [1]}}\n",
    "a path that is none": b"stages: {a: {outs: [{path: [1], md5: x}]}}\n",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_lock_file_is_one_line(content: bytes, one_line_error: OneLineError) -> None:
    with one_line_error("main: dvc.lock: is not a dvc.lock", "dvc repro", kind=DataError):
        locked_outputs(content, "main: dvc.lock")


def test_outputs_without_a_hash_of_theirs_are_left_out() -> None:
    outs = "[{path: a}, {path: b, md5: null}, {path: c, md5: ../../x}, {path: d, md5: %s}]"
    lock = f"stages: {{all: {{outs: {outs % ('a' * 32)}}}}}"
    assert locked_outputs(lock, "dvc.lock") == {Path("d"): "a" * 32}
    assert locked_outputs("", "dvc.lock") == {}


def test_yaml_with_aliases_is_read_as_it_is_meant() -> None:
    assert parse_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\n") == {"a": {"x": 1}, "b": {"x": 1, "y": 2}}
