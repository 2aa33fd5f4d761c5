"""A table of files and their labels as a source of images: the table says which files there are."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.regular_file import regular_bytes
from lookalike.ingest.folder import FolderSource, size_of
from lookalike.ingest.label_table import read_label_rows
from lookalike.ingest.params import LabelFile
from lookalike.ingest.reading import DEFAULT, Allowance
from lookalike.ingest.source import Candidate, UnreadableError


class ListedSource:
    """The files that a table names, relative to the folder that it lies in."""

    readers = FolderSource.readers
    has_folders = False

    def __init__(self, table: str, params: LabelFile, root: Path = Path()) -> None:
        """Nothing is read yet.

        Args:
            table: the table's path; so it stays in what is recorded.
            params: what its columns are called.
            root: what a relative path is relative to.
        """
        self._table = table
        self._params = params
        self._path = root / table
        self._folder = FolderSource(Path(table).parent.as_posix(), root)

    def candidates(self) -> list[Candidate]:
        """Every file that the table names, sorted by path; see `Source`."""
        try:
            rows = read_label_rows(self._table, regular_bytes(self._path), self._params)
        except OSError as error:
            raise LookalikeError(f"ingest.source: {self._table}: {error.strerror}") from None
        except ValueError as error:
            raise LookalikeError(f"ingest.source: {self._table}: {error}") from None
        if not rows:
            raise LookalikeError(f"ingest.source: {self._table}: names no files")
        folder = Path(self._table).parent
        return [
            Candidate(
                row.path,
                row.label,
                (folder / row.path).as_posix(),
                size_of(self._path.parent / row.path),
                row.split,
                row.columns,
            )
            for row in sorted(rows, key=lambda row: row.path)
        ]

    def read(self, candidate: Candidate, allowance: Allowance = DEFAULT) -> bytes:
        """The bytes of one file; see `Source`."""
        if ".." in candidate.path.split("/"):
            raise UnreadableError("its name leads out of the folder that the table lies in")
        return self._folder.read(candidate, allowance)
