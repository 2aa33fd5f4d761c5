"""The image store: encoded images and their metadata in Arrow IPC files.

Some hundred files instead of thousands: DVC hashes, pushes and pulls them many times faster. Rows
are sorted by path. Where a shard ends is decided by its rows' content, not by counting, so images
added in one place change only the shards there: the smaller the shards, the fewer bytes. Very many
images want larger ones, as every file costs time when the store is opened, hashed and pushed.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lookalike.core.arrow_file import FURTHER_TYPES, open_table
from lookalike.core.errors import DataError, NotReadyError, one_line
from lookalike.images.bands import Bands

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("channels", pa.int32(), nullable=False),
        pa.field("phash", pa.uint64(), nullable=False),
        pa.field("phash_mirrored", pa.uint64(), nullable=False),
        pa.field("phash_flipped", pa.uint64(), nullable=False),
        pa.field("phash_rotated", pa.uint64(), nullable=False),
        pa.field("phash_unframed", pa.uint64(), nullable=False),
        pa.field("source_split", pa.string()),
        pa.field("image", pa.binary(), nullable=False),
    ]
)
METADATA = [name for name in SCHEMA.names if name != "image"]
# The further column that says of which video an image is a frame; frames of one are split as one.
FRAME_OF = "frame_of"
Columns = Sequence[pa.Field]

SHARDS = "part-*.arrow"

AVERAGE_BYTES = 2**19
LARGEST = 4  # times the average


def write_shards(
    rows: Iterable[dict[str, Any]],
    folder: Path,
    bands: Bands | None = None,
    further: Columns = (),
    average_bytes: int = AVERAGE_BYTES,
) -> None:
    """Write rows, already sorted by path, as `part-00000.arrow`, `part-00001.arrow`, ...

    Args:
        rows: with the columns of `SCHEMA` and further ones.
        folder: where to.
        bands: how multispectral images are to be read; it goes into the metadata of the schema.
        further: the columns beside those of `SCHEMA`: what else is known of the images.
        average_bytes: the size of a shard; the largest have `LARGEST` times as many.
    """
    schema = pa.schema(
        [*SCHEMA.remove(SCHEMA.get_field_index("image")), *further, SCHEMA.field("image")]
    )
    if bands is not None:
        schema = schema.with_metadata(bands.to_metadata())
    folder.mkdir(parents=True, exist_ok=True)
    for number, shard in enumerate(_cut(rows, average_bytes)):
        table = pa.Table.from_pylist(shard, schema=schema)
        with pa.ipc.new_file(folder / f"part-{number:05d}.arrow", schema) as writer:
            writer.write_table(table)


def further_columns(schema: pa.Schema) -> list[pa.Field]:
    """The columns of an image store beside those that each has."""
    return [field for field in schema if field.name not in SCHEMA.names]


def _cut(rows: Iterable[dict[str, Any]], average: int) -> Iterator[list[dict[str, Any]]]:
    """Group rows into shards, ending one where a row's hash says so or where it would overflow."""
    shard: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        length = len(row["image"])
        if shard and size + length > LARGEST * average:
            yield shard
            shard, size = [], 0
        shard.append(row)
        size += length
        if _ends_shard(row["id"], length, average):
            yield shard
            shard, size = [], 0
    if shard:
        yield shard


def _ends_shard(image_id: str, length: int, average: int) -> bool:
    """True with a probability of `length / average`, as a function of the id alone."""
    return int(image_id[:16], 16) * average < length * 2**64


def shard_files(folder: Path) -> list[Path]:
    """The shards of a folder, in the order of their rows.

    Raises:
        NotReadyError: there is none.
    """
    files = sorted(folder.glob(SHARDS))
    if not files:
        raise NotReadyError(f"{folder}: holds no images; run the ingest stage first")
    return files


def open_shard(file: Path) -> pa.Table:
    """One shard, memory-mapped: columns and rows are read when they are touched.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return open_table(file, SCHEMA, FURTHER_TYPES)
    except (ValueError, OSError) as error:
        reason = one_line(error)
        raise DataError(f"{file}: is not an intact shard ({reason}); ingest again") from None
