"""The images of a version as rows of a store's table, in the form of Arrow."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from safetensors.numpy import save

from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA

ROW, VECTOR, THUMBNAIL = "row", "embedding", "thumbnail"
WHITENING = "whitening"  # that of the index, as safetensors, in the first row
ROWS_AT_ONCE = 1000


def column_names(schema: pa.Schema) -> dict[str, str]:
    """What each column is called in a store.

    Those that every index has are called the same. Further ones are numbered: their names may be
    anything, such as what a database calls something of its own.
    """
    known = [name for name in schema.names if name in METADATA_SCHEMA.names]
    further = [name for name in schema.names if name not in METADATA_SCHEMA.names]
    numbered = {name: f"further_{number}" for number, name in enumerate(further)}
    return {name: name for name in known} | numbered


def table_schema(metadata: pa.Schema, dimension: int) -> pa.Schema:
    """Of the table of a version: row, metadata, vector, thumbnail and whitening."""
    names = column_names(metadata)
    return pa.schema(
        [
            pa.field(ROW, pa.int64()),
            *(pa.field(names[field.name], field.type) for field in metadata),
            pa.field(VECTOR, pa.list_(pa.float32(), dimension)),
            pa.field(THUMBNAIL, pa.binary()),
            pa.field(WHITENING, pa.binary()),
        ]
    )


def stored_rows(index: Index, rows: range) -> pa.Table:
    """Some rows of an index, as a store holds them: see `table_schema`."""
    schema = table_schema(index.metadata.schema, index.description.dimension)
    metadata = index.metadata.slice(rows.start, len(rows))
    vectors = np.ascontiguousarray(index.vectors.values[rows.start : rows.stop])
    whitening: list[bytes | None] = [None] * len(rows)
    if rows.start == 0 and index.whitening is not None:
        whitening[0] = save(index.whitening._asdict())
    columns = [
        pa.array(rows, pa.int64()),
        *metadata.columns,
        pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), index.description.dimension),
        pa.array([index.thumbnail(row) for row in rows], pa.binary()),
        pa.array(whitening, pa.binary()),
    ]
    return pa.table(columns, schema)


def all_rows(index: Index) -> Iterator[pa.Table]:
    """Every row of an index, in tables of a bounded number."""
    for start in range(0, len(index), ROWS_AT_ONCE):
        yield stored_rows(index, range(start, min(start + ROWS_AT_ONCE, len(index))))
