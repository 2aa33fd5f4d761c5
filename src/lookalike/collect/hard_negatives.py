"""Pairs of images that people find not alike, though one was found by the other: a table in Git."""

import csv
from collections.abc import Collection
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from lookalike.core.csv_file import write_csv
from lookalike.core.errors import DataError

TABLE = Path("data/hard_negatives.csv")  # in the project


class HardNegative(NamedTuple):
    """A pair; both are ids of images.

    Attributes:
        query: what was searched for.
        hit: what was found, and is not like it.
    """

    query: str
    hit: str


def parse_hard_negatives(text: str, name: str) -> list[HardNegative]:
    """The rows of the table.

    Args:
        text: its content.
        name: what to call it.

    Raises:
        DataError: it has other columns, or a row names no query or no hit.
    """
    header, *rows = list(csv.reader(StringIO(text, newline=""))) or [[]]
    if header != list(HardNegative._fields):
        raise DataError(f"{name}: should begin with the line {','.join(HardNegative._fields)}")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header) or not all(row):
            raise DataError(f"{name}: row {number} should name a query and a hit")
    return list(map(HardNegative._make, rows))


def add_hard_negatives(table: Path, pairs: Collection[HardNegative]) -> int:
    """Add the pairs that a table lacks; one that is missing is made.

    Args:
        table: a CSV file with the columns `query` and `hit`.
        pairs: what to add.

    Returns:
        How many rows are new.

    Raises:
        DataError: the table is damaged.
    """
    known: list[HardNegative] = []
    if table.exists():
        try:
            known = parse_hard_negatives(table.read_text(encoding="utf-8"), str(table))
        except (OSError, UnicodeDecodeError):
            raise DataError(f"{table}: cannot be read as UTF-8 text") from None
    new = sorted(set(pairs) - set(known))
    if new:
        write_csv(table, HardNegative._fields, [*known, *new])
    return len(new)
