"""What a row of the index is: a table beside the vectors."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.core.errors import DataError
from lookalike.images.split_file import SplitImage
from lookalike.inference.embeddings import Embeddings

METADATA_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("split", pa.string()),
        pa.field("predicted_label", pa.string()),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
    ]
)
# With the Euclidean length of each embedding, which every search needs and no reader of records
LENGTH = pa.field("length", pa.float32(), nullable=False)
FILE_SCHEMA = METADATA_SCHEMA.append(LENGTH)


def joined_metadata(images: pa.Table, embeddings: Embeddings, split: list[SplitImage]) -> pa.Table:
    """Join what is known of the images, row by row, into a table of `METADATA_SCHEMA`.

    Args:
        images: metadata of the image store.
        embeddings: theirs.
        split: the images that are in a subset; the others get none.

    Raises:
        DataError: the embeddings are of other images.
    """
    rows = embeddings.rows
    if images["id"] != rows["id"]:
        raise DataError("the embeddings are not of these images; run the embed stage again")
    subsets: list[str | None] = [None] * len(images)
    for image in split:
        subsets[image.row] = image.split
    joined = images.append_column("split", pa.array(subsets, pa.string())).append_column(
        "predicted_label", rows["predicted_label"]
    )
    return joined.select(METADATA_SCHEMA.names).cast(METADATA_SCHEMA)


def complete_metadata(given: pa.Table, lengths: np.ndarray) -> pa.Table:
    """A table of `FILE_SCHEMA` from one that may lack what can be null, and may have more.

    Raises:
        DataError: a column is missing or of another type, or two images have the same id.
    """
    missing = [
        field.name
        for field in METADATA_SCHEMA
        if field.name not in given.column_names and not field.nullable
    ]
    if missing:
        raise DataError(f"metadata: lacks the columns {', '.join(missing)}")
    columns = {
        field.name: given[field.name]
        if field.name in given.column_names
        else pa.nulls(len(given), field.type)
        for field in METADATA_SCHEMA
    }
    try:
        table = pa.table(columns).cast(METADATA_SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise DataError(f"metadata: {' '.join(str(error).split())}") from None
    if (different := pc.count_distinct(table["id"]).as_py()) < len(table):
        raise DataError(f"metadata: {len(table)} images, but {different} different ids")
    return table.append_column(LENGTH, pa.array(lengths))


def write_metadata(metadata: pa.Table, path: Path) -> None:
    """Write a table of `FILE_SCHEMA`."""
    with pa.ipc.new_file(path, FILE_SCHEMA) as writer:
        writer.write_table(metadata.combine_chunks())


def open_metadata_file(path: Path) -> pa.Table:
    """Open the table, memory-mapped.

    Raises:
        ValueError: the file is no such table.
        OSError: it cannot be read.
    """
    table = open_table(path, FILE_SCHEMA)
    if not pc.all(pc.is_finite(table["length"])).as_py():
        raise ValueError(f"{path.name} has lengths that are not finite")
    return table


def open_table(path: Path, schema: pa.Schema) -> pa.Table:
    """Open a table of a schema, memory-mapped, and check it as a whole: offsets, nulls, UTF-8.

    What is wrong inside would else end the process when it is touched.

    Raises:
        ValueError: the file is no such table.
        OSError: it cannot be read.
    """
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    if table.schema != schema:
        raise ValueError(f"{path.name} has other columns")
    table.validate(full=True)
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise ValueError(f"{path.name} lacks values of {field.name}")
    return table
