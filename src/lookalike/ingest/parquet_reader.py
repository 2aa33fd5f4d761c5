"""Reads a Parquet file in a process that has a limit of memory; `parquet_file.py` starts it."""

import pickle
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from multiprocessing.reduction import DupFd
from typing import Any, NamedTuple

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from lookalike.core.errors import one_line
from lookalike.images.bounded import check_size
from lookalike.images.refusal import UndecodableImageError
from lookalike.ingest.parquet_types import (
    check_depth,
    count_values,
    has_paths,
    image_column,
    unshared,
)

TABLE_ROWS = 2**10  # read at once
# Memory to read with, as a multiple of what is read: packed, unpacked and alone.
COPIES = 3
SPARE_BYTES = 64 * 2**20
# Images read at once: as many bytes, by the average that the footer says, and no more rows.
IMAGES_BYTES, MOST_IMAGES = 4 * 2**20, 16


class Facts(NamedTuple):
    """What the footer says.

    Attributes:
        columns: their names.
        plain: those that hold no bytes.
        images: the column with encoded images; None where there is none.
        paths: whether that has a path beside each.
        groups: how many rows each group of rows has.
        metadata: what the writer has noted.
    """

    columns: list[str]
    plain: list[str]
    images: str | None
    paths: bool
    groups: list[int]
    metadata: dict[bytes, bytes]


class Bounds(NamedTuple):
    """What may be read of a file, by its size in bytes."""

    size: int
    table_bytes: int
    table_values: int
    image_bytes: int


class Reader:
    """What the process does, with a file that it was handed."""

    def __init__(self, descriptor: int, bounds: Bounds) -> None:
        self._descriptor = descriptor
        self._bounds = bounds
        self._started = 0
        self._place = -1, -1  # a group, and the row that follows those of the batch
        self._rows: Iterator[pa.RecordBatch] = iter(())
        self._images = pa.array([], pa.binary())

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (DupFd(self._descriptor), self._bounds)

    def __call__(self, request: bytes) -> Any:
        what, *arguments = pickle.loads(request)  # which comes from our own side
        try:
            answers: dict[str, Callable[..., Any]] = {
                "facts": self.facts,
                "table": self.table,
                "image": self.image,
            }
            return answers[what](*arguments)
        except MemoryError:
            self._place = -1, -1
            raise UndecodableImageError(
                "takes more memory than a file of its size may; write it with fewer rows in a group"
            ) from None
        except UndecodableImageError:
            raise
        except (pa.ArrowException, OSError, ValueError, LookupError, TypeError) as error:
            raise UndecodableImageError(one_line(error, None)) from None

    def facts(self) -> Facts:
        file = self._file
        schema, metadata = file.schema_arrow, file.metadata
        groups = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
        most = self._bounds.table_values
        if min(groups, default=0) < 0 or sum(groups) > most:
            raise ValueError(
                f"its footer says {sum(groups)} rows; so large a file has at most {most}"
            )
        if len(set(schema.names)) < len(schema.names):
            raise ValueError("it has several columns of one name")
        for field in schema:
            check_depth(field.type)
        images = image_column(schema)
        kind = schema.field(images).type if images is not None else None
        paths = kind is not None and pa.types.is_struct(kind) and has_paths(kind)
        plain = [field.name for field in schema if image_column(pa.schema([field])) is None]
        return Facts(schema.names, plain, images, paths, groups, dict(schema.metadata or {}))

    def table(self, columns: list[str]) -> pa.Table:
        most_bytes, most_values = self._bounds.table_bytes, self._bounds.table_values
        file = self._file
        self._may_take(most_bytes)
        batches: list[pa.RecordBatch] = []
        held = values = 0
        for packed in file.iter_batches(TABLE_ROWS, columns=columns, use_threads=False):
            batch = packed.cast(pa.schema([unshared(field) for field in packed.schema]))
            batch.validate(full=True)  # text that is not UTF-8
            held += batch.nbytes
            values += sum(map(count_values, batch.columns))
            if held > most_bytes or values > most_values:
                raise ValueError(
                    f"unpacks to more than the {most_bytes} bytes or {most_values} values that a "
                    "file of its size may"
                )
            batches.append(batch)
        if not batches:
            return self._file.schema_arrow.empty_table().select(columns)
        return pa.Table.from_batches(batches)

    def image(self, group: int, row: int) -> tuple[bytes | None]:
        # images hardly shrink, and one page may hold all that the group has
        packed = sum(chunk.total_compressed_size for chunk in self._chunks(group))
        self._may_take(max(self._bounds.image_bytes, 4 * min(packed, self._bounds.size)))
        try:
            return (self._image(group, row, self._at_once(group)),)
        except MemoryError:
            return (self._image(group, row, 1),)

    def _image(self, group: int, row: int, at_once: int) -> bytes | None:
        at, end = self._place
        if at != group or row < end - len(self._images):
            column = image_column(self._file.schema_arrow)
            if pa.types.is_struct(self._file.schema_arrow.field(column).type):
                column = f"{column}.bytes"
            self._rows = self._file.iter_batches(
                at_once, row_groups=[group], columns=[column], use_threads=False
            )
            self._images, end = self._images[:0], 0
        while row >= end:
            self._place = -1, -1
            self._images = pa.array([], pa.binary())  # before more are read
            batch = next(self._rows, None)
            if batch is None:
                raise ValueError("has fewer rows than its footer says")
            self._images = batch.column(0)
            end += len(self._images)
        if pa.types.is_struct(self._images.type):
            (self._images,) = self._images.flatten()
        self._place = group, end
        image = self._images[row - end]
        check_size(image.as_buffer().size if image.is_valid else 0, self._bounds.image_bytes)
        found: bytes | None = image.as_py()
        return found

    def _at_once(self, group: int) -> int:
        """How many images are read at once."""
        rows: int = self._file.metadata.row_group(group).num_rows
        size = sum(chunk.total_uncompressed_size for chunk in self._chunks(group))
        return int(max(1, min(MOST_IMAGES, IMAGES_BYTES * rows // max(1, size))))

    def _chunks(self, group: int) -> list[pq.ColumnChunkMetaData]:
        """What the footer says of the images in a group of rows, and of what lies beside them."""
        about = self._file.metadata.row_group(group)
        chunks = [about.column(number) for number in range(about.num_columns)]
        column = image_column(self._file.schema_arrow)
        return [chunk for chunk in chunks if f"{chunk.path_in_schema}.".startswith(f"{column}.")]

    @cached_property
    def _file(self) -> pq.ParquetFile:
        # Not as a file of Python, of which Arrow reads several copies; it may have no other name.
        self._may_take(self._bounds.table_bytes)
        opened = pa.OSFile(f"/dev/fd/{self._descriptor}", "rb")
        file = pq.ParquetFile(opened, pre_buffer=False, buffer_size=2**20)
        self._started = psutil.Process().memory_info().vms  # threads of Arrow reserve memory, too
        return file

    def _may_take(self, size: int) -> None:
        """Allow this process so much memory that it can read so many bytes."""
        self._started = self._started or psutil.Process().memory_info().vms
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = self._started + COPIES * size + SPARE_BYTES
        with suppress(ValueError):  # not every system has this limit
            resource.setrlimit(resource.RLIMIT_AS, (min(most, hard), hard))


def _received(file: Any, bounds: Bounds) -> Reader:
    pa.set_memory_pool(pa.system_memory_pool())  # others reserve a gigabyte, and keep what they had
    return Reader(file.detach(), bounds)
