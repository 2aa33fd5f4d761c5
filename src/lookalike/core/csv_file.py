"""CSV files in UTF-8 with a header."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import chain
from pathlib import Path

from lookalike.core.errors import DataError
from lookalike.core.files import atomic_file
from lookalike.core.regular_file import regular_text

Row = Sequence[str | int | float | None]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows as CSV with `\\n` line ends, whole or not at all; None becomes an empty field."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_csv_line(row) for row in chain([header], rows))


def _csv_line(row: Row) -> str:
    """One line of CSV; `\\r\\n` as line end makes the writer quote a field that holds either."""
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n") + "\n"


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header into one dictionary a row.

    Raises:
        DataError: it is no such file, or a row has other fields than the header names.
        OSError: it cannot be read.
    """
    try:
        rows = list(csv.DictReader(StringIO(regular_text(path), newline="")))
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path}: is no CSV file in UTF-8 ({error})") from None
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise DataError(f"{path}: row {number} has other fields than the header names")
    return rows
