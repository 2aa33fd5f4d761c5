"""YAML from anywhere: a value, or a line that says what is wrong."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.params import read_yaml
from lookalike.core.yaml_text import parse_yaml

OneLineError = Callable[..., AbstractContextManager[None]]
NESTED = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize(
    "text",
    [
        NESTED.encode(),
        ("{a: " * 3000 + "1" + "}" * 3000).encode(),
        b"name: \xff\xfe",
        b"name: \0",
        b"day: 2026-99-99",
        b"<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n",
        b"a: *nothing",
        b"!!python/object/apply:os.system ['true']",
        b"a: 1\na: 2",
    ],
)
def test_what_is_no_yaml_is_one_line(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse_yaml(text)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_nested_too_deeply_is_one_line(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "params.yaml").write_text(f"base: {NESTED}")
    with one_line_error("params.yaml: is not YAML: it is nested too deeply"):
        read_yaml(tmp_path / "params.yaml")
