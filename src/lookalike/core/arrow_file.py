"""Arrow files, checked as a whole before anything in them is touched.

What is wrong inside would else end the process: Arrow follows the offsets that a file holds.
"""

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa

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
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        table.validate(full=True)
    except OSError:
        raise
    except pa.ArrowException as error:  # some are no ValueError, as of types that there are not
        raise ValueError(f"{path.name}: {error}") from None
    if not (table.schema.equals(schema) or _fits(table.schema, schema, further)):
        raise ValueError(f"{path.name} has other columns")
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise ValueError(f"{path.name} lacks values of {field.name}")
    return table


def _fits(found: pa.Schema, schema: pa.Schema, further: Collection[pa.DataType]) -> bool:
    """Whether a schema has the columns of another one in their order, and further ones beside."""
    others = [field for field in found if field.name not in schema.names]
    there = [field for field in found if field.name in schema.names]
    unique = len(set(found.names)) == len(found.names)
    return unique and pa.schema(there) == schema and {f.type for f in others} <= {*further}
