"""Arrow files that were made to exhaust memory, or are no files."""

import os
import signal
from pathlib import Path

import pyarrow as pa
import pytest

from lookalike.core.arrow_file import open_table

SCHEMA = pa.schema([pa.field("image", pa.binary())])


def write(path: Path, compression: str | None, size: int) -> Path:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    table = pa.table({"image": [bytes(size), b"x", None]}, SCHEMA)
    with pa.ipc.new_file(str(path), SCHEMA, options=options) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


def test_a_table_is_mapped_and_not_copied(tmp_path: Path) -> None:
    path = write(tmp_path / "a.arrow", None, 2**24)
    before = pa.total_allocated_bytes()
    table = open_table(path, SCHEMA)
    assert table["image"].to_pylist() == [bytes(2**24), b"x", None]
    assert pa.total_allocated_bytes() - before < 2**20


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_refused(
    compression: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.arrow", compression, 2**28)
    assert path.stat().st_size < 2**21
    with pytest.raises(ValueError, match="it is compressed"):
        open_table(path, SCHEMA)


def test_rows_that_follow_the_last_named_one_are_refused(tmp_path: Path) -> None:
    """Its end and its messages do not agree: either may be what somebody has added."""
    data = write(tmp_path / "a.arrow", None, 8).read_bytes()
    other = write(tmp_path / "b.arrow", None, 8).read_bytes()
    end = data.rindex(b"\xff\xff\xff\xff\0\0\0\0")
    begin = other.index(b"\xff\xff\xff\xff", 12)
    messages = other[begin : other.rindex(b"\xff\xff\xff\xff\0\0\0\0")]
    (tmp_path / "c.arrow").write_bytes(data[:end] + messages + data[end:])
    with pytest.raises(ValueError, match="its messages are not those that its end names"):
        open_table(tmp_path / "c.arrow", SCHEMA)


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.arrow")
    signal.alarm(10)
    with pytest.raises(OSError, match="is not a regular file"):
        open_table(tmp_path / "a.arrow", SCHEMA)
    signal.alarm(0)
