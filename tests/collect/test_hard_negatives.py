"""Pairs that users find not alike become rows that a person looks at."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.collect.hard_negatives import HardNegative, add_hard_negatives
from lookalike.core.errors import DataError

A, B, C = (HardNegative(letter * 64, "f" * 64) for letter in "abc")


def test_a_table_is_made_and_pairs_are_added_once(tmp_path: Path) -> None:
    table = tmp_path / "data/hard_negatives.csv"
    table.parent.mkdir()
    assert add_hard_negatives(table, []) == 0
    assert not table.exists()
    assert add_hard_negatives(table, [B]) == 1
    assert add_hard_negatives(table, [C, B, A]) == 2
    assert table.read_text().splitlines() == ["query,hit", *(",".join(pair) for pair in (B, A, C))]
    before = table.read_bytes()
    assert add_hard_negatives(table, [A, B, C]) == 0
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"query,hit\n1\n", b"query,hit\n1,\n", b"query,hit\n\xff,2\n"]
)
def test_a_table_that_is_damaged_is_named_and_stays_as_it_is(
    content: bytes,
    tmp_path: Path,
    one_line_error: Callable[..., AbstractContextManager[None]],
) -> None:
    table = tmp_path / "hard_negatives.csv"
    table.write_bytes(content)
    with one_line_error(str(table), kind=DataError):
        add_hard_negatives(table, [A])
    assert table.read_bytes() == content
