"""A Parquet file that strangers may have made, read in a process of its own.

What its pages unpack to is known when they are unpacked: a footer may lie, one page can hold two
gigabytes, and a few bytes stand for a list of a billion values. The process has a limit of memory;
what does not fit is refused, and never reaches this process.
"""

import os
import pickle
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from multiprocessing.reduction import DupFd
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from lookalike.core.errors import one_line
from lookalike.images.bounded import DEFAULT_MAX_BYTES, check_size
from lookalike.images.refusal import UndecodableImageError
from lookalike.images.worker import STARTED_BYTES, Limits, Worker

SECONDS = 60.0
# What the columns of a table unpack to at most: as many bytes, or as many times those of the file.
TABLE_BYTES = 96 * 2**20
MOST_RATIO = 30
# How many values there are in it, each of which becomes an object: so many, or one for each byte.
TABLE_VALUES = 2**23
TABLE_ROWS = 2**10  # read at once
MOST_DEPTH = 32  # of types in types
# Memory to read with, as a multiple of what is read: packed, unpacked and alone.
COPIES = 3
SPARE_BYTES = 32 * 2**20
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
        bounds = _Bounds(
            size, max(TABLE_BYTES, MOST_RATIO * size), max(TABLE_VALUES, size), max_bytes
        )
        memory = 2 * STARTED_BYTES + COPIES * max(bounds)  # its own limits are narrower
        self._worker = Worker(_Reader(self._descriptor, bounds), Limits(SECONDS, memory))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

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


class _Bounds(NamedTuple):
    """What may be read of a file, by its size in bytes."""

    size: int
    table_bytes: int
    table_values: int
    image_bytes: int


class _Reader:
    """What the process does, with a file that it was handed."""

    def __init__(self, descriptor: int, bounds: _Bounds) -> None:
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
        self._may_take(self._bounds.table_bytes)
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
            _check_depth(field.type)
        images = image_column(schema)
        kind = schema.field(images).type if images is not None else None
        paths = kind is not None and pa.types.is_struct(kind) and _has_paths(kind)
        plain = [field.name for field in schema if image_column(pa.schema([field])) is None]
        return Facts(schema.names, plain, images, paths, groups, dict(schema.metadata or {}))

    def table(self, columns: list[str]) -> pa.Table:
        most_bytes, most_values = self._bounds.table_bytes, self._bounds.table_values
        self._may_take(most_bytes)
        batches: list[pa.RecordBatch] = []
        held = values = 0
        for packed in self._file.iter_batches(TABLE_ROWS, columns=columns, use_threads=False):
            batch = packed.cast(pa.schema([_unshared(field) for field in packed.schema]))
            batch.validate(full=True)  # text that is not UTF-8
            held += batch.nbytes
            values += sum(map(_values, batch.columns))
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
        packed = sum(chunk.total_compressed_size for chunk in self._chunks(group))
        self._may_take(
            max(self._bounds.image_bytes, min(packed, self._bounds.size))
        )  # images hardly shrink
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
        opened = os.fdopen(self._descriptor, "rb")
        return pq.ParquetFile(opened, pre_buffer=False, buffer_size=2**20)

    def _may_take(self, size: int) -> None:
        """Allow this process so much memory that it can read so many bytes."""
        self._started = self._started or psutil.Process().memory_info().vms
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = self._started + COPIES * size + SPARE_BYTES
        with suppress(ValueError):  # not every system has this limit
            resource.setrlimit(resource.RLIMIT_AS, (min(most, hard), hard))


def _received(file: Any, bounds: _Bounds) -> _Reader:
    pa.set_memory_pool(pa.system_memory_pool())  # others reserve a gigabyte, and keep what they had
    return _Reader(file.detach(), bounds)


def image_column(schema: pa.Schema) -> str | None:
    """The column with encoded images: bytes, or bytes beside a path; None where there is none."""
    for field in schema:
        kind = field.type
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            kind = kind.field("bytes").type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return str(field.name)
    return None


def _has_paths(kind: pa.StructType) -> bool:
    return kind.get_field_index("path") >= 0 and is_text(kind.field("path").type)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column is text, in any of Arrow's layouts, or JSON."""
    if isinstance(kind, pa.JsonType):
        kind = kind.storage_type
    is_string = pa.types.is_string(kind) or pa.types.is_string_view(kind)
    return bool(is_string or pa.types.is_large_string(kind))


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


def _check_depth(kind: pa.DataType, depth: int = 0) -> None:
    if depth > MOST_DEPTH:
        raise ValueError(f"its types are nested deeper than {MOST_DEPTH}")
    for number in range(kind.num_fields):
        _check_depth(kind.field(number).type, depth + 1)


def _unshared(field: pa.Field) -> pa.Field:
    """A field whose values are all there: in a dictionary one counts once, however often it is."""
    kind = field.type
    if pa.types.is_dictionary(kind):
        return _unshared(field.with_type(kind.value_type))
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(
        kind
    ):  # which little can be done with
        return field.with_type(pa.string() if pa.types.is_string_view(kind) else pa.binary())
    if pa.types.is_struct(kind):
        return field.with_type(pa.struct([_unshared(inner) for inner in kind]))
    if pa.types.is_list(kind):
        return field.with_type(pa.list_(_unshared(kind.value_field)))
    return field


def _values(column: pa.Array) -> int:
    """How many values a column has, those in lists and structs too."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _values(column.storage)
    if pa.types.is_struct(kind):
        return len(column) + sum(map(_values, column.flatten()))
    if pa.types.is_nested(kind):  # lists of any layout, and maps
        return len(column) + _values(column.flatten())
    return len(column)
