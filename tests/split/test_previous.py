"""An earlier split file and its hash."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.hashing import sha256_of_file
from lookalike.images.split_file import write_split
from lookalike.split.params import SplitParams
from lookalike.split.previous import read_previous

OneLineError = Callable[..., AbstractContextManager[None]]


def pinned(path: Path, sha256: str | None) -> SplitParams:
    return SplitParams(method="hashed", previous=str(path), previous_sha256=sha256)


def test_nothing_is_remembered_where_no_file_is_named() -> None:
    assert read_previous(SplitParams(method="hashed")) == {}


def test_the_subsets_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    write_split(path, [("a", "cat/a.png", "cat", "train"), ("b", "cat/b.png", "cat", "test")])
    assert read_previous(pinned(path, sha256_of_file(path))) == {"a": "train", "b": "test"}


@pytest.mark.parametrize("sha256", [None, "0" * 64])
def test_a_wrong_or_missing_hash_says_which_one_the_file_has(
    tmp_path: Path, one_line_error: OneLineError, sha256: str | None
) -> None:
    path = tmp_path / "split.csv"
    write_split(path, [])
    with one_line_error("split.previous", sha256_of_file(path), sha256 or "null"):
        read_previous(pinned(path, sha256))


def test_a_missing_file_is_named(tmp_path: Path, one_line_error: OneLineError) -> None:
    with one_line_error("split.previous", "there is no such file"):
        read_previous(pinned(tmp_path / "no.csv", None))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"id,split\nx,left\n", b"\xff\xfe\x00"])
def test_another_kind_of_file_is_refused(
    tmp_path: Path, one_line_error: OneLineError, content: bytes
) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with one_line_error("split.previous", "is not a split file"):
        read_previous(pinned(path, sha256_of_file(path)))
