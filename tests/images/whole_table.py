"""An image store as one table: a few thousand shards at most, as Linux maps some 65,000 files."""

from pathlib import Path

import pyarrow as pa

from lookalike.images.shards import open_shard, shard_files


def open_shards(folder: Path) -> pa.Table:
    """All shards of a folder at once."""
    return pa.concat_tables(map(open_shard, shard_files(folder)))
