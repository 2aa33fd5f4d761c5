"""Arrow files, checked as a whole before anything in them is touched.

What is wrong inside would else end the process: Arrow follows the offsets that a file holds. And
what is compressed, as ours never is, would unpack to any size.
"""

import struct
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa

from lookalike.core.regular_file import open_regular

MAGIC_BYTES = 8  # before the messages of a file
# Numbers of fields in Arrow's Message.fbs and Schema.fbs.
HEADER, COMPRESSION = 2, 3
# Types of what else may be known of images; true and false are text, smaller numbers grow.
FURTHER_TYPES = (pa.string(), pa.int64(), pa.float64(), pa.list_(pa.string()))


def open_table(path: Path, schema: pa.Schema, further: Collection[pa.DataType] = ()) -> pa.Table:
    """Open a table of a schema, memory-mapped, and check it: offsets, nulls, UTF-8.

    Of columns of bytes nothing but the offsets is read.

    Args:
        path: the file.
        schema: of the columns that have to be there.
        further: the types that other columns may have; none: there are no others.

    Raises:
        ValueError: the file is no such table.
        OSError: it cannot be read.
    """
    open_regular(path).close()
    try:
        table = _read(path)
        table.validate(full=True)
    except OSError:
        raise
    except struct.error:
        raise ValueError(f"{path.name}: is damaged") from None
    except pa.ArrowException as error:  # some are no ValueError, as of types that there are not
        raise ValueError(f"{path.name}: {error}") from None
    if not (table.schema.equals(schema) or _fits(table.schema, schema, further)):
        raise ValueError(f"{path.name} has other columns")
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise ValueError(f"{path.name} lacks values of {field.name}")
    return table


def _read(path: Path) -> pa.Table:
    file = pa.ipc.open_file(pa.memory_map(str(path)))
    batches = list(_batches(path, file.schema))
    if len(batches) != file.num_record_batches:
        raise pa.ArrowInvalid("its messages are not those that its end names")
    return pa.Table.from_batches(batches, file.schema)


def _batches(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows in the order of the file, none of which has to be unpacked."""
    mapped = pa.memory_map(str(path))
    mapped.seek(MAGIC_BYTES)
    for message in pa.ipc.MessageReader.open_stream(mapped):
        if message.type == "schema":
            continue
        if message.type != "record batch" or _is_compressed(message.metadata):
            raise pa.ArrowInvalid("it is compressed, or has dictionaries")
        yield pa.ipc.read_record_batch(message, schema)


def _is_compressed(metadata: pa.Buffer) -> bool:
    """Whether the metadata of a batch, a FlatBuffer, name a codec."""
    data = metadata.to_pybytes()
    (message,) = struct.unpack_from("<I", data)
    header = _field(data, message, HEADER)
    (place,) = struct.unpack_from("<I", data, header)
    return _field(data, header + place, COMPRESSION) != 0


def _field(data: bytes, table: int, number: int) -> int:
    """Where a field of a FlatBuffer's table is; 0 where it has none."""
    (back,) = struct.unpack_from("<i", data, table)
    (size,) = struct.unpack_from("<H", data, table - back)
    if 4 + 2 * number >= size:
        return 0
    (place,) = struct.unpack_from("<H", data, table - back + 4 + 2 * number)
    return table + int(place) if place else 0


def _fits(found: pa.Schema, schema: pa.Schema, further: Collection[pa.DataType]) -> bool:
    """Whether a schema has the columns of another one in their order, and further ones beside."""
    others = [field for field in found if field.name not in schema.names]
    there = [field for field in found if field.name in schema.names]
    unique = len(set(found.names)) == len(found.names)
    return unique and pa.schema(there) == schema and {f.type for f in others} <= {*further}
