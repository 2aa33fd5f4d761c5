"""Rows that have to leave the image store again: a copy of their image came later and is kept."""

from collections.abc import Collection
from pathlib import Path

from lookalike.images.bands import Bands
from lookalike.images.shards import SHARDS, further_columns, open_shards, write_shards


def leave_out(paths: Collection[str], folder: Path, bands: Bands | None) -> None:
    """Write the shards of a folder again, without the rows of some paths.

    The shards are those that the other rows would have given in the first place.

    Args:
        paths: of the rows; where there are none, nothing is done.
        folder: with the shards that were written.
        bands: as they were given to `write_shards`.
    """
    if not paths:
        return
    before = [
        shard.rename(shard.with_name(f"{shard.stem}-superseded{shard.suffix}"))
        for shard in sorted(folder.glob(SHARDS))
    ]
    table = open_shards(folder)
    batches = table.to_batches()
    rows = (row for batch in batches for row in batch.to_pylist() if row["path"] not in paths)
    write_shards(rows, folder, bands, further_columns(table.schema))
    for shard in before:
        shard.unlink()
