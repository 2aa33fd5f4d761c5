"""What ingest takes of memory and disk for files that were made to exhaust them.

    python -m bench.bombs

Memory is that of the stage and its workers (see `bench.ingest_memory`), beyond what twenty photos
alone take; disk is what the stage holds, also in files without a name. Both are peaks, looked at
twenty times a second.
"""

import argparse
import bz2
import io
import os
import stat
import struct
import subprocess
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from bench.ingest_memory import generate, total_memory
from bench.project import stage_command, write_project

MEBIBYTE = 2**20


class Peaks(NamedTuple):
    """Of one run: bytes of memory and disk, seconds, and how it ended."""

    memory: int
    disk: int
    seconds: float
    end: str


def photos_alone(folder: Path) -> Path:
    """Twenty photos, without a bomb."""
    return folder


def lying_zip(folder: Path) -> Path:
    """A zip whose member says 100 bytes and is 1.9 GB."""
    path = _zip(folder, {"bomb.gif": 1900})
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<L", 100)
    path.write_bytes(data)
    return path


def zip_of_large_members(folder: Path) -> Path:
    """A zip of 16 members of 120 MB, no more than a file may have."""
    return _zip(folder, {f"{number}.gif": 120 for number in range(16)})


def tar_of_zeros(folder: Path) -> Path:
    """A .tar.bz2 whose member is 64 GB."""
    header = tarfile.TarInfo("bomb.gif")
    header.size = 64 * 2**30
    zeros = bz2.compress(bytes(64 * MEBIBYTE))
    path = folder / "bomb.tar.bz2"
    path.write_bytes(bz2.compress(header.tobuf()) + 1024 * zeros)
    return path


def tar_of_names(folder: Path) -> Path:
    """A .tar.bz2 of a million members without content."""
    headers = b"".join(tarfile.TarInfo(f"{number}.gif").tobuf() for number in range(10_000))
    path = folder / "bomb.tar.bz2"
    path.write_bytes(100 * bz2.compress(headers) + bz2.compress(bytes(1024)))
    return path


def parquet_page(folder: Path) -> Path:
    """A Parquet file of 33 KB with one image of 1.9 GB."""
    return _parquet(folder / "bomb.parquet", "image", pa.binary())


def parquet_label(folder: Path) -> Path:
    """A Parquet file of labels, one of which is 1.9 GB."""
    _parquet(folder / "metadata.parquet", "label", pa.string())
    return folder


def videos(folder: Path) -> Path:
    """Ten videos of 300 MB."""
    for number in range(10):
        with (folder / f"{number}.mp4").open("wb") as file:
            file.write(b"\0\0\0\x20ftypisom")
            file.truncate(300 * MEBIBYTE)
    return folder


def too_many_pixels(folder: Path) -> Path:
    """A PNG of 1,600 million pixels, and an icon of one."""
    whole = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(whole, "PNG")
    png = whole.getvalue()
    (folder / "bomb.png").write_bytes(png)
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(png), 22)
    (folder / "bomb.ico").write_bytes(struct.pack("<HHH", 0, 1, 1) + entry + png)
    return folder


def many_frames(folder: Path) -> Path:
    """A GIF of 100,001 frames."""
    one, two = io.BytesIO(), io.BytesIO()
    black, other = (Image.new("P", (64, 64), color) for color in (0, 1))
    black.save(one, "GIF")
    black.save(two, "GIF", save_all=True, append_images=[other])
    frame = two.getvalue()[len(one.getvalue()) - 1 : -1]
    (folder / "bomb.gif").write_bytes(two.getvalue()[:-1] + 100_000 * frame + b";")
    return folder


def largest_allowed(folder: Path) -> Path:
    """Not refused: a PNG of 100 million pixels with transparency."""
    Image.new("RGBA", (10_000, 10_000)).save(folder / "largest.png", compress_level=1)
    return folder


def _parquet(path: Path, column: str, kind: pa.DataType) -> Path:
    """A Parquet file with one row, whose value is 1.9 GB of zeros."""
    size = 1900 * MEBIBYTE
    buffers = [None, pa.py_buffer(struct.pack("<2i", 0, size)), pa.py_buffer(bytes(size))]
    value = pa.Array.from_buffers(kind, 1, buffers)
    table = pa.table({"file_name": ["0000/000.jpg"], column: value})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
    return path


def _zip(photos: Path, mebibytes: dict[str, int]) -> Path:
    """A zip of the photos, and of members that begin like a GIF and go on with zeros."""
    path = photos / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for photo in sorted(photos.rglob("*.jpg")):
            archive.write(photo, photo.relative_to(photos))
        for name, size in mebibytes.items():
            with archive.open(name, "w") as member:
                member.write(b"GIF89a")
                for _ in range(size):
                    member.write(bytes(MEBIBYTE))
    return path


BOMBS = (
    photos_alone,
    lying_zip,
    zip_of_large_members,
    tar_of_zeros,
    tar_of_names,
    parquet_page,
    parquet_label,
    videos,
    too_many_pixels,
    many_frames,
    largest_allowed,
)


def run(bomb: Callable[[Path], Path], scratch: Path) -> Peaks:
    """What ingest takes for a bomb."""
    project, photos = scratch / "project", scratch / "photos"
    generate(photos, 20)
    write_project(project, f"ingest: {{source: {bomb(photos)}, max_seconds: 30}}\n")
    start, memory, disk = time.monotonic(), 0, 0
    stage = psutil.Popen(
        stage_command("ingest"),
        cwd=project,
        env={**os.environ, "TMPDIR": str(project)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while stage.poll() is None:
        memory, disk = max(memory, total_memory(stage)), max(disk, held_disk(stage, project))
        time.sleep(0.05)
    *_, last = stage.stderr.read().strip().splitlines()
    end = last.replace(str(photos), "") if stage.returncode else "exit code 0"
    return Peaks(memory, disk, time.monotonic() - start, end)


def held_disk(process: psutil.Process, folder: Path) -> int:
    """Bytes of disk in a folder, and in what a process has open there without a name."""
    blocks = {}
    for path in [*folder.rglob("*"), *Path(f"/proc/{process.pid}/fd").glob("*")]:
        try:
            about = path.stat()
        except OSError:  # gone meanwhile
            continue
        if stat.S_ISREG(about.st_mode) and about.st_dev == folder.stat().st_dev:
            blocks[about.st_ino] = about.st_blocks
    return 512 * sum(blocks.values())


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    print("| bomb | memory, MB | disk, MB | seconds | the stage |")
    print("|---|---:|---:|---:|---|")
    idle = 0
    for bomb in BOMBS:
        with tempfile.TemporaryDirectory() as scratch:
            peaks = run(bomb, Path(scratch))
        idle = idle or peaks.memory
        memory = peaks.memory - idle if bomb is not photos_alone else idle
        cells = (
            str(bomb.__doc__).rstrip("."),
            f"{memory / 1e6:.0f}",
            f"{peaks.disk / 1e6:.0f}",
            f"{peaks.seconds:.0f}",
            peaks.end,
        )
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
