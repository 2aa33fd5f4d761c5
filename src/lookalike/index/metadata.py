"""What a row of the index is: a table beside the vectors."""

from pathlib import Path

import pyarrow as pa

from lookalike.core.errors import LookalikeError
from lookalike.images.split_file import SplitImage
from lookalike.inference.embeddings import Embeddings
from lookalike.retrieval.vectors import Vectors

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


def bundle_metadata(images: pa.Table, embeddings: Embeddings, split: list[SplitImage]) -> pa.Table:
    """Join what is known of the images, row by row, into a table of `FILE_SCHEMA`.

    Args:
        images: metadata of the image store.
        embeddings: theirs.
        split: the images that have a side; the others get none.

    Raises:
        LookalikeError: the embeddings are of other images.
    """
    rows = embeddings.rows
    if images["id"] != rows["id"]:
        raise LookalikeError("the embeddings are not of these images; run the embed stage again")
    sides: list[str | None] = [None] * len(images)
    for image in split:
        sides[image.row] = image.split
    joined = (
        images.append_column("split", pa.array(sides, pa.string()))
        .append_column("predicted_label", rows["predicted_label"])
        .append_column(LENGTH, pa.array(Vectors.measured(embeddings.vectors).lengths))
    )
    return joined.select(FILE_SCHEMA.names).cast(FILE_SCHEMA)


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
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    if table.schema != FILE_SCHEMA:
        raise ValueError(f"{path.name} has other columns")
    return table
