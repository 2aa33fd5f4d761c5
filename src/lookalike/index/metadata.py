"""What a row of the index is: a table beside the vectors."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.core.arrow_file import FURTHER_TYPES, open_table
from lookalike.core.errors import DataError, one_line
from lookalike.images.shards import further_columns
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
    """Join what is known of the images, row by row: `METADATA_SCHEMA`, then further columns.

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
    schema = pa.schema([*METADATA_SCHEMA, *further_columns(images.schema)])
    return joined.select(schema.names).cast(schema)


def complete_metadata(given: pa.Table, lengths: np.ndarray) -> pa.Table:
    """A table as it is written, from one that may lack what can be null.

    Further columns stay where they hold text, numbers, Booleans or lists of text; what an image
    store alone knows of images is left out.

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
        for field in further_columns(given.schema):
            if (kind := _further_type(field.type)) and field.name not in FILE_SCHEMA.names:
                table = table.append_column(field.name, given[field.name].cast(kind))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise DataError(f"metadata: {one_line(error, None)}") from None
    if (different := pc.count_distinct(table["id"]).as_py()) < len(table):
        raise DataError(f"metadata: {len(table)} images, but {different} different ids")
    return table.append_column(LENGTH, pa.array(lengths))


def _further_type(given: pa.DataType) -> pa.DataType | None:
    """How values of a type are kept; None where they are not."""
    if pa.types.is_integer(given):
        return pa.int64()
    if pa.types.is_floating(given):
        return pa.float64()
    if pa.types.is_boolean(given) or _is_text(given):
        return pa.string()
    lists = pa.types.is_list(given) or pa.types.is_large_list(given)
    return pa.list_(pa.string()) if lists and _is_text(given.value_type) else None


def _is_text(given: pa.DataType) -> bool:
    return given in {pa.string(), pa.large_string()}


def write_metadata(metadata: pa.Table, path: Path) -> None:
    """Write what `complete_metadata` gives."""
    with pa.ipc.new_file(path, metadata.schema) as writer:
        writer.write_table(metadata.combine_chunks())


def open_metadata_file(path: Path) -> pa.Table:
    """Open the table, memory-mapped.

    Raises:
        ValueError: the file is no such table.
        OSError: it cannot be read.
    """
    table = open_table(path, FILE_SCHEMA, FURTHER_TYPES)
    if not pc.all(pc.is_finite(table["length"])).as_py():
        raise ValueError(f"{path.name} has lengths that are not finite")
    return table
