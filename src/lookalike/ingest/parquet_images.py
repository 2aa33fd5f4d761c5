"""Parquet files that hold the images themselves, as data sets on the Hugging Face Hub do."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import PurePosixPath
from typing import IO

import numpy as np

from lookalike.core.errors import LookalikeError, one_line
from lookalike.images.subset_names import subset_named
from lookalike.ingest.further_columns import kept_columns
from lookalike.ingest.label_files import common_folder
from lookalike.ingest.label_table import LABEL_COLUMNS, SPLIT_COLUMNS, said_of
from lookalike.ingest.params import LabelFile
from lookalike.ingest.parquet_file import NotParquetError, ParquetFile, rows_of
from lookalike.ingest.parquet_table import parquet_records
from lookalike.ingest.reading import DEFAULT, Allowance
from lookalike.ingest.source import Candidate, UnreadableError
from lookalike.ingest.tables import column_of

FILE_NAME = "file_name"  # the column with what an image was called


class ParquetSource:
    """An image a row of one or several Parquet files.

    A candidate's path is `FILE/NUMBER.SUFFIX`, so that rows are read in their order. A row's split
    is that of its column, or of its file: `train-00000-of-00004.parquet` is of `train`, and so is
    `train/0000.parquet`.
    """

    readers = 1  # rows that follow each other are read together
    has_folders = False

    def __init__(
        self, files: Mapping[str, str], params: LabelFile, opened: Callable[[str], IO[bytes]]
    ) -> None:
        """Nothing is read yet.

        Args:
            files: by their names in the data set, sorted: where they are.
            params: what the columns of labels and splits are called.
            opened: opens a file.
        """
        self._files = files
        self._params = params
        self._opened = opened
        self._above = common_folder(list(files))
        self._row_of: dict[str, tuple[str, int]] = {}
        self._file: tuple[str, ParquetFile] | None = None
        self._damaged: dict[tuple[str, int], str] = {}

    def candidates(self) -> list[Candidate]:
        """Every row, sorted by path; see `Source`."""
        found: list[Candidate] = []
        for name, place in self._files.items():
            try:
                found += self._rows_of(name, place)
            except (OSError, ValueError) as error:
                reason = one_line(error, None)
                raise LookalikeError(f"ingest.source: {place}: {reason}") from None
        if not found:
            raise LookalikeError(f"ingest.source: {next(iter(self._files.values()))}: no rows")
        return sorted(found, key=lambda candidate: candidate.path)

    def read(self, candidate: Candidate, allowance: Allowance = DEFAULT) -> bytes:
        """The bytes of one row's image; see `Source`."""
        place, row = self._row_of[candidate.path]
        try:
            data = self._image(place, row, allowance.max_bytes)
        except (OSError, NotParquetError) as error:
            raise UnreadableError(f"cannot be read: {one_line(error, None)}") from None
        if data is None:
            raise UnreadableError("the row holds no image")
        allowance.check_size(len(data))
        allowance.charge(len(data))
        return data

    def _rows_of(self, name: str, place: str) -> Iterator[Candidate]:
        with self._opened(place) as opened, closing(ParquetFile(opened)) as file:
            records = parquet_records(file)
            file_names = _file_names(file)
        label = column_of(records, self._params.label_column, LABEL_COLUMNS)
        split = column_of(records, self._params.split_column, SPLIT_COLUMNS)
        further = kept_columns(records, {label, split}, place)
        stem = name.removeprefix(self._above).removeprefix("/").removesuffix(".parquet")
        of_file = _split_of(name)
        for row, (record, file_name) in enumerate(zip(records, file_names, strict=True)):
            path = f"{stem}/{row:08d}{PurePosixPath(file_name or '').suffix}"
            said = said_of(path, record, label, split, further)
            columns = {**said.columns, **({FILE_NAME: (file_name,)} if file_name else {})}
            self._row_of[path] = place, row
            uri = f"{place}#{row}"
            yield Candidate(path, said.label, uri, 0, said.split or of_file, columns)

    def _image(self, place: str, row: int, max_bytes: int) -> bytes | None:
        file = self._parquet(place, max_bytes)
        sizes = file.facts.groups
        ends = np.cumsum(sizes)
        group = int(np.searchsorted(ends, row, side="right"))
        try:
            if (place, group) in self._damaged:
                raise NotParquetError(self._damaged[place, group])
            return file.image(group, row - int(ends[group] - sizes[group]))
        except NotParquetError as error:  # asked for once, and not for each of its rows
            self._damaged[place, group] = str(error)
            raise

    def _parquet(self, place: str, max_bytes: int) -> ParquetFile:
        """A file, which stays open until another one is read."""
        if self._file is None or self._file[0] != place:
            if self._file is not None:
                self._file[1].close()
                self._file = None
            with self._opened(place) as opened:
                self._file = place, ParquetFile(opened, max_bytes)
        return self._file[1]


def _split_of(name: str) -> str | None:
    """The split that the name of a file, or else of a folder that it is in, says."""
    *folders, stem = PurePosixPath(name).with_suffix("").parts
    names = (stem.partition("-")[0], *reversed(folders))
    return next((name for name in names if subset_named(name)), None)


def _file_names(file: ParquetFile) -> list[str | None]:
    """What the images were called, where the file says so."""
    column = file.facts.images
    if column is None or not file.facts.paths:
        return [None] * sum(file.facts.groups)
    rows = rows_of(file.table([f"{column}.path"]))
    return [row[column] and row[column]["path"] for row in rows]
