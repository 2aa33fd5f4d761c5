"""A Parquet file that strangers may have made, read in a process of its own.

What its pages unpack to is known when they are unpacked: a footer may lie, one page can hold two
gigabytes, and a few bytes stand for a list of a billion values. The process has a limit of memory;
what does not fit is refused, and never reaches this process.
"""

import os
import pickle
from functools import cached_property
from typing import IO, Any

import pyarrow as pa

from lookalike.core.errors import one_line
from lookalike.images.bounded import DEFAULT_MAX_BYTES
from lookalike.images.worker import STARTED_BYTES, Limits, Worker
from lookalike.ingest.parquet_reader import COPIES, Bounds, Facts, Reader

SECONDS = 60.0
# What the columns of a table unpack to at most: as many bytes, or as many times those of the file.
TABLE_BYTES = 96 * 2**20
MOST_RATIO = 30
# How many values there are in it, each of which becomes an object: so many, or one for each byte.
TABLE_VALUES = 2**23


class NotParquetError(ValueError):
    """A file is no Parquet file, is damaged, or would take more memory than one of its size may.

    The text says what, without the name.
    """


class ParquetFile:
    """Facts, tables and images of a Parquet file. All methods may raise `NotParquetError`."""

    def __init__(self, file: IO[bytes], max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        """The process starts now.

        Args:
            file: a file on the disk; it may be closed afterwards.
            max_bytes: of an image.
        """
        self._descriptor = os.dup(file.fileno())
        size = os.fstat(self._descriptor).st_size
        bounds = Bounds(
            size, max(TABLE_BYTES, MOST_RATIO * size), max(TABLE_VALUES, size), max_bytes
        )
        memory = 2 * STARTED_BYTES + COPIES * max(bounds)  # its own limits are narrower
        self._worker = Worker(Reader(self._descriptor, bounds), Limits(SECONDS, memory))

    def close(self) -> None:
        """End the process."""
        self._worker.stop()
        os.close(self._descriptor)

    @cached_property
    def facts(self) -> Facts:
        """What the footer says."""
        found: Facts = self._ask("facts")
        return found

    def table(self, columns: list[str]) -> pa.Table:
        """Some of the columns, at least one."""
        return self._ask("table", columns)

    def image(self, group: int, row: int) -> bytes | None:
        """The bytes of one image; None where there are none.

        Args:
            group: the number of a group of rows.
            row: the number of a row in it. The next one is found quickly.
        """
        (data,) = self._ask("image", group, row)
        found: bytes | None = data
        return found

    def _ask(self, *request: Any) -> Any:
        (found,) = self._worker.findings([pickle.dumps(request)])
        if isinstance(found, str):
            raise NotParquetError(found.replace("broken image: its decoder", "reading it"))
        return found


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table, with values of Python.

    Raises:
        NotParquetError: it has values that Python has not, as dates after the year 9999.
    """
    try:
        rows: list[dict[str, Any]] = table.to_pylist()
    except Exception as error:  # one for each type
        raise NotParquetError(f"has values that cannot be read: {one_line(error)}") from None
    return rows
