from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lookalike.core.csv_file import read_csv, write_csv
from lookalike.core.errors import DataError

OneLineError = Callable[..., AbstractContextManager[None]]


def test_csv_has_one_form(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", ["name", "value"], [("a, b", 1), ("é", None), ('"', 0.5)])
    expected = 'name,value\n"a, b",1\né,\n"""",0.5\n'
    assert (tmp_path / "out.csv").read_bytes() == expected.encode()


@example([("carriage\rreturn", "line\nend")])
@given(st.lists(st.tuples(*2 * [st.text(st.characters(exclude_categories=["Cs"]))])))
def test_csv_gives_back_any_text(rows: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        write_csv(Path(folder, "out.csv"), ["path", "label"], rows)
        found = read_csv(Path(folder, "out.csv"))
    assert [(row["path"], row["label"]) for row in found] == rows


@pytest.mark.parametrize(
    "content",
    [b"id,split\n\xff,train\n", b"id,split\na\n", b"id,split\na,b,c\n", b'id\n"' + b"a" * 200_000],
    ids=["not UTF-8", "a field too few", "a field too many", "an open quotation mark"],
)
def test_what_is_no_csv_is_one_line(
    content: bytes, tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "out.csv").write_bytes(content)
    with one_line_error(f"{tmp_path / 'out.csv'}: ", kind=DataError):
        read_csv(tmp_path / "out.csv")


def test_a_row_that_fails_leaves_no_csv(tmp_path: Path) -> None:
    def rows() -> list[tuple[str]]:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        write_csv(tmp_path / "out.csv", ["name"], (row for _ in [0] for row in rows()))
    assert not list(tmp_path.iterdir())
