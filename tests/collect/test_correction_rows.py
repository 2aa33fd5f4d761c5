"""What users have corrected becomes rows that a person looks at."""

from pathlib import Path

import pytest

from lookalike.collect.correction_rows import add_rows
from lookalike.core.errors import LookalikeError
from lookalike.ingest.corrections import Correction, read_corrections

A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize("end", ["", "\n"])
def test_rows_are_added_by_id_and_those_that_are_there_stay(tmp_path: Path, end: str) -> None:
    table = tmp_path / "corrections.csv"
    table.write_text(f"path,id,action,label,note\na.png,{A},drop,,by Eve{end}")
    assert add_rows(table, {B: 'a "cat", they say', A: "dog"}) == 1
    assert read_corrections(table).rows == [
        Correction("a.png", A, "drop", ""),
        Correction("", B, "relabel", 'a "cat", they say'),
    ]
    before = table.read_bytes()
    assert add_rows(table, {B: "dog"}) == 0
    assert table.read_bytes() == before


def test_a_table_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(LookalikeError, match=r"corrections\.csv: cannot be read"):
        add_rows(tmp_path / "corrections.csv", {A: "cat"})
