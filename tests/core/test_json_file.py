import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.json_file import (
    parse_json,
    read_object,
    to_json,
    write_json,
    write_metrics,
)


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
    with pytest.raises(LookalikeError, match="loss is"):
        write_json(tmp_path / "out.json", {"loss": number})
    assert list(tmp_path.iterdir()) == [tmp_path / "out.json"]
    assert (tmp_path / "out.json").read_text() == "1\n"


def test_metrics_are_rounded_to_six_decimals_however_deep(tmp_path: Path) -> None:
    metrics = {"n": 3, "loss": 0.12345678, "by_class": {"cat": [2 / 3, 1e-9]}}
    write_metrics(tmp_path / "metrics.json", metrics)
    expected = {"n": 3, "loss": 0.123457, "by_class": {"cat": [0.666667, 0.0]}}
    assert json.loads((tmp_path / "metrics.json").read_text()) == expected


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_one_line_with_its_place(
    tmp_path: Path, number: float
) -> None:
    with pytest.raises(LookalikeError, match=r"m\.json: .* retrieval\.recall\.1 is -?(nan|inf)"):
        write_json(tmp_path / "m.json", {"retrieval": {"recall": [1.0, number]}})
    assert list(tmp_path.iterdir()) == []


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
