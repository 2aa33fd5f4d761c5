"""JSON that is damaged, or not what it should be."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.errors import DataError
from lookalike.core.json_file import parse_json, read_object


def test_an_object_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"é": [1]}', encoding="utf-8")
    assert read_object(tmp_path / "a.json") == {"é": [1]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<<<<<<< HEAD\n{"a": 1}\n=======\n{"a": 2}\n>>>>>>> other\n',
        b"[1]",
        b"null",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_object_is_one_line(
    content: bytes, tmp_path: Path, one_line_error: Callable[..., AbstractContextManager[None]]
) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with one_line_error(f"{tmp_path / 'a.json'}: is no JSON object", kind=DataError):
        read_object(tmp_path / "a.json")


def test_what_is_nested_too_deeply_is_no_json() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
