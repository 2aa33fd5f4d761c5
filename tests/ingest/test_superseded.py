from pathlib import Path

from tests.images.whole_table import open_shards

from lookalike.images.shards import AVERAGE_BYTES, SHARDS, write_shards
from lookalike.images.store import ImageStore
from lookalike.ingest.superseded import leave_out


def test_the_shards_are_those_that_the_other_rows_would_have_given(
    tiny_images: ImageStore, tmp_path: Path
) -> None:
    rows = open_shards(tiny_images.folder).to_pylist()
    gone = {row["path"] for row in rows[3:60:7]}
    write_shards(rows, tmp_path / "again")
    leave_out(gone, tmp_path / "again", None, AVERAGE_BYTES)
    write_shards((row for row in rows if row["path"] not in gone), tmp_path / "once")
    again, once = (
        {file.name: file.read_bytes() for file in (tmp_path / name).glob(SHARDS)}
        for name in ("again", "once")
    )
    assert again == once
