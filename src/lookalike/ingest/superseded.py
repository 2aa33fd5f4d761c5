"""Rows that have to leave the image store again: a copy of their image came later and is kept."""

from collections.abc import Collection
from pathlib import Path

from lookalike.images.bands import Bands
from lookalike.images.shards import further_columns, open_shard, shard_files, write_shards


def leave_out(
    paths: Collection[str], folder: Path, bands: Bands | None, average_bytes: int
) -> None:
    """Write the shards of a folder again, without the rows of some paths.

    The shards are those that the other rows would have given in the first place.

    Args:
        paths: of the rows; where there are none, nothing is done.
        folder: with the shards that were written.
        bands: as they were given to `write_shards`.
        average_bytes: likewise.
    """
    if not paths:
        return
    before = [
        shard.rename(shard.with_name(f"{shard.stem}-superseded{shard.suffix}"))
        for shard in shard_files(folder)
    ]
    further = further_columns(open_shard(before[0]).schema)
    rows = (row for shard in before for row in open_shard(shard).to_pylist())
    kept = (row for row in rows if row["path"] not in paths)
    write_shards(kept, folder, bands, further, average_bytes)
    for shard in before:
        shard.unlink()
