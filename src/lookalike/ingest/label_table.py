"""What a table says of files: the label of each, and the subset that the data set puts it in."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import normalize

from lookalike.ingest.further_columns import LABELS, kept_columns
from lookalike.ingest.params import LabelFile
from lookalike.ingest.table_values import several, texts
from lookalike.ingest.tables import Record, column_of, read_table

PATH_COLUMNS = ("file_name", "path", "filename", "file", "image")
LABEL_COLUMNS = ("label", "labels", "class", "category")
SPLIT_COLUMNS = ("split", "subset")


class LabelRow(NamedTuple):
    """A row of a table.

    Attributes:
        path: as the table spells it, but with `/` between folders.
        labels: none, one, or several, in the order of the table.
        split: the subset by any name, or None.
        further: the values in other columns, as texts.
    """

    path: str
    labels: tuple[str, ...]
    split: str | None
    further: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @property
    def label(self) -> str | None:
        """The first label."""
        return self.labels[0] if self.labels else None

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The other columns, and all labels in one of them."""
        labels = tuple(normalize("NFC", label) for label in self.labels)
        return {**self.further, LABELS: labels} if labels else dict(self.further)


def read_label_rows(name: str, data: bytes, params: LabelFile) -> list[LabelRow]:
    """The rows of a label file that name a file; what is said of one file is put together.

    Args:
        name: the file's name.
        data: its bytes.
        params: what its columns are called.

    Raises:
        ValueError: it is no such table, lacks a column, or puts one file into two subsets; the text
            says why, without the name.
    """
    records = read_table(name, data)
    path = column_of(records, params.path_column, PATH_COLUMNS)
    label = column_of(records, params.label_column, LABEL_COLUMNS)
    split = column_of(records, params.split_column, SPLIT_COLUMNS)
    if path is None or (label is None and split is None):
        what, key = ("paths", "path_column") if path is None else ("labels", "label_column")
        there = ", ".join(map(repr, {name: None for record in records for name in record}))
        raise ValueError(
            f"has no column of {what} by a usual name; there are {there or 'no rows'}: name it in "
            f"ingest.label_file.{key}"
        )
    further = kept_columns(records, {path, label, split}, name)
    rows: dict[str, LabelRow] = {}
    for record in records:
        named = texts(record.get(path))
        if not named:
            continue
        row = said_of(plain_path(named[0]), record, label, split, further)
        rows[row.path] = together(rows.get(row.path, row), row)
    return list(rows.values())


def said_of(
    path: str, record: Record, label: str | None, split: str | None, further: Sequence[str]
) -> LabelRow:
    """What a record of a table says of the file at a path, by the names of its columns."""
    return LabelRow(
        path,
        several(texts(record.get(label))) if label else (),
        next(iter(texts(record.get(split))), None) if split else None,
        {column: values for column in further if (values := texts(record.get(column)))},
    )


def plain_path(path: str) -> str:
    """A path with `/` between folders, without `.` folders and empty ones."""
    return "/".join(part for part in path.replace("\\", "/").split("/") if part not in {"", "."})


class FileNames:
    """Finds the file of a source that a table means."""

    def __init__(self, paths: Iterable[str], folders: Iterable[str]) -> None:
        """Look among `paths`, relative to each of `folders` in turn."""
        self._exact = set(paths)
        self._composed: Mapping[str, str] = {normalize("NFC", path): path for path in self._exact}
        self._folders = list(dict.fromkeys(folders))

    def find(self, named: str) -> str | None:
        """The path of a file; None where there is none. Any Unicode spelling of it will do."""
        tried = [f"{folder}/{named}" if folder else named for folder in self._folders]
        for path in tried:
            if path in self._exact:
                return path
        return next((p for t in tried if (p := self._composed.get(normalize("NFC", t)))), None)


def together(one: LabelRow, other: LabelRow) -> LabelRow:
    """What two rows say of one file.

    Raises:
        ValueError: they put it into two subsets.
    """
    if one.split != other.split:
        raise ValueError(f"puts {one.path} into {one.split!r} and into {other.split!r}")
    further = {
        column: _united(one.further.get(column, ()), other.further.get(column, ()))
        for column in {**one.further, **other.further}
    }
    return one._replace(labels=_united(one.labels, other.labels), further=further)


def _united(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one + other))
