"""What the system does not give is one line: room, rights, open files."""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from safetensors.numpy import save_file

from lookalike.terminal.system_failure import (
    DENIED,
    LIMITED,
    NO_FILES,
    NO_SPACE,
    READ_ONLY,
    UNUSABLE,
    system_failure,
)

MEGABYTE = np.zeros(2**20, np.uint8)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def with_python(folder: Path) -> None:
    (folder / "file").write_bytes(MEGABYTE)


def with_arrow(folder: Path) -> None:
    table = pa.table({"data": [MEGABYTE.tobytes()]})
    with pa.ipc.new_file(str(folder / "file"), table.schema) as writer:
        writer.write_table(table)


def with_safetensors(folder: Path) -> None:
    save_file({"weight": MEGABYTE}, folder / "file")


def with_sqlite(folder: Path) -> None:
    with sqlite3.connect(folder / "file") as connection:
        connection.execute("CREATE TABLE t (data BLOB)")
        connection.execute("INSERT INTO t VALUES (?)", [MEGABYTE.tobytes()])


@pytest.mark.parametrize("write", [with_python, with_arrow, with_safetensors, with_sqlite])
def test_whatever_library_meets_a_full_disk(full_disk: Path, write: Callable[[Path], None]) -> None:
    with pytest.raises(Exception) as caught:  # each has an error of its own
        write(full_disk)
    failure = system_failure(caught.value)
    assert failure is not None
    assert failure.endswith(NO_SPACE)


def test_what_failed_first_counts() -> None:
    try:
        try:
            raise OSError(28, "No space left on device", "vectors.npy")
        finally:
            raise ValueError("a later fault")
    except ValueError as error:
        assert system_failure(error) == f"vectors.npy: {NO_SPACE}"


def test_a_disk_that_fails_is_one_line() -> None:
    assert system_failure(sqlite3.OperationalError("disk I/O error")) == UNUSABLE
    assert system_failure(OSError(5, "Input/output error", "a.npy")) == f"a.npy: {UNUSABLE}"


def test_another_fault_is_none() -> None:
    assert system_failure(OSError(2, "No such file or directory")) is None


WRITER = """
import sys
from pathlib import Path
from lookalike.core.files import atomic_file
from lookalike.terminal.stage import run_stage

def main(project):
    with atomic_file(Path("out")) as partial:
        partial.write_bytes(bytes(2**20))

run_stage("embed", main)
"""


def run_limited(
    code: str, folder: Path, limit: int, value: int
) -> subprocess.CompletedProcess[str]:
    """In a process that has less of something, as of the size of files."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(limit, (value, value)),
    )


def test_a_stage_that_meets_it_exits_with_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    done = run_limited(WRITER, tmp_path, resource.RLIMIT_FSIZE, 2**18)
    assert done.returncode == 1
    assert done.stderr == f"embed: {LIMITED}\n"
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


def test_a_stage_that_may_open_few_files_exits_with_one_line(tmp_path: Path) -> None:
    opening = WRITER.replace(
        "    with", "    files = [open(sys.executable) for _ in range(99)]\n    with"
    )
    done = run_limited(opening, tmp_path, resource.RLIMIT_NOFILE, 64)
    assert done.returncode == 1
    assert done.stderr.endswith(f": {NO_FILES}\n")
    assert done.stderr.count("\n") == 1


def test_a_stage_in_a_folder_that_it_may_not_write_exits_with_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o555)
    as_others = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_others, sys.executable, "-c", WRITER], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.endswith(f": {DENIED}\n")
    assert done.stderr.count("\n") == 1


def test_a_file_system_that_is_read_only_is_one_line(full_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(full_disk)], check=True)
    with pytest.raises(OSError, match="Read-only") as caught:
        with_python(full_disk)
    assert system_failure(caught.value) == f"{full_disk / 'file'}: {READ_ONLY}"


def test_embeddings_ask_for_their_space_before_they_are_mapped(full_disk: Path) -> None:
    code = """
import os, sys, numpy as np
from pathlib import Path
from lookalike.inference.writing import _reserve
np.lib.format.open_memmap(sys.argv[1], mode="w+", dtype=np.float32, shape=(1000, 384))
try:
    _reserve(Path(sys.argv[1]))
except OSError as error:
    sys.exit(error.errno)
"""
    arguments = [sys.executable, "-c", code, str(full_disk / "vectors.npy")]
    assert subprocess.run(arguments).returncode == 28  # ENOSPC, no bus error
