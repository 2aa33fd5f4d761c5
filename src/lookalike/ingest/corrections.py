"""What people have decided about images: a table in Git that `ingest` applies.

Its columns are `path`, `id`, `action` and `label`; others are for people. An id names an image
wherever it lies and whatever it is called, and all equal files with it; a row without one names the
file at its path.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from lookalike.core.errors import DataError
from lookalike.core.regular_file import regular_bytes
from lookalike.ingest.further_columns import LABELS
from lookalike.ingest.source import Candidate
from lookalike.ingest.tables import Record, read_table
from lookalike.terminal.listing import counted, some_of

HEADER = ("path", "id", "action", "label")
KEEP, RELABEL, DROP = ACTIONS = ("keep", "relabel", "drop")


class Correction(NamedTuple):
    """A row of the table.

    Attributes:
        path: of the image in the source; empty where only the id is known.
        id: of the image; empty where the path alone names it.
        action: `keep` says that the label has been looked at and is right, and changes nothing;
            `relabel` gives another one; `drop` leaves the image out.
        label: of `relabel`, the new one; of `keep`, the one that is right; else empty.
    """

    path: str
    id: str
    action: str
    label: str


class Corrections:
    """The rows of the table, found by image; remembers which of them have been.

    Args:
        rows: at most one for each id, and of those without one for each path.
        name: what to call the table.
    """

    def __init__(self, rows: Sequence[Correction] = (), name: str = "data/corrections.csv") -> None:
        self.rows = rows
        self.name = name
        self._by_id = {row.id: row for row in rows if row.id}
        self._by_path = {normalize("NFC", row.path): row for row in rows if not row.id}
        self._found: set[Correction] = set()

    def find(self, path: str, id: str | None) -> Correction | None:
        """The row that names an image; None where there is none.

        Args:
            path: where it lies in the source.
            id: its id; None: it cannot be read, so it has none.
        """
        row = self._by_id.get(id) if id is not None else None
        row = row or self._by_path.get(normalize("NFC", path))
        if row is not None:
            self._found.add(row)
        return row

    def without_image(self) -> list[Correction]:
        """The rows that name no image that was asked for, in the order of the table."""
        return [row for row in self.rows if row not in self._found]

    def lines(self) -> Iterator[str]:
        """What a user should know of them."""
        if missing := [row.path or row.id for row in self.without_image()]:
            yield (
                f"{self.name}: {counted(len(missing), 'row')} for images that the source does not "
                f"have: {some_of(missing)}; remove them"
            )


def read_corrections(path: Path) -> Corrections:
    """Read the table; one with a header alone changes nothing.

    Raises:
        DataError: it is missing, is no such table, or a row of it says nothing or another thing
            than an earlier one.
    """
    try:
        records = read_table(path.name, regular_bytes(path))
        rows = [_correction(record, number) for number, record in enumerate(records, 1)]
        _check_each_once(rows)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); ingest.corrections names it: start one "
            f"with the line {','.join(HEADER)}"
        ) from None
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
    return Corrections(rows, str(path))


def relabeled(candidate: Candidate, label: str) -> Candidate:
    """A candidate with another label, also where it has several."""
    columns = dict(candidate.columns)
    if LABELS in columns:
        columns[LABELS] = [label]
    return candidate._replace(label=label, columns=columns)


def _correction(record: Record, number: int) -> Correction:
    path, id, action, label = (str(record.get(column) or "") for column in HEADER)
    id, action, label = id.strip(), action.strip(), label.strip()
    if not path and not id:
        raise ValueError(f"row {number} has neither path nor id, so it names no image")
    if action not in ACTIONS:
        raise ValueError(f"row {number}: action = {action!r}; there are {', '.join(ACTIONS)}")
    if action == RELABEL and not label:
        raise ValueError(f"row {number}: relabel needs a label")
    return Correction(path, id, action, normalize("NFC", label))


def _check_each_once(rows: Sequence[Correction]) -> None:
    first: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        name = row.id or normalize("NFC", row.path)
        if name in first:
            raise ValueError(f"rows {first[name]} and {number} are of the same image: {name!r}")
        first[name] = number
