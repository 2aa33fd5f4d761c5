"""How much memory ingest takes on many images, and whether it keeps its speed to the end.

    python -m bench.ingest_memory [--images 200000] [--workers 2]

Generates small JPEGs, takes them in from a folder, and adds up the memory of the stage and its
workers (proportional set size, what they share counted once) four times a second. The halves of
the images are told apart by when the shards were written.
"""

import argparse
import subprocess
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from pyarrow import ipc, memory_map

from bench.project import stage_command, write_project
from lookalike.core.layout import Layout

FOLDER_IMAGES = 1000


def generate(folder: Path, images: int) -> None:
    """Write that many different JPEGs of 64 x 48 pixels, a thousand in each folder."""
    smooth = np.random.default_rng(0).integers(0, 256, (FOLDER_IMAGES, 6, 8, 3), np.uint8)
    for number in range(images):
        path = folder / f"{number // FOLDER_IMAGES:04d}" / f"{number % FOLDER_IMAGES:03d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = smooth[number % FOLDER_IMAGES].copy()
        pixels[0, :2] = np.array([number >> 16, number >> 8 & 255, number & 255], np.uint8)
        data = BytesIO()
        Image.fromarray(pixels).resize((64, 48)).save(data, "JPEG", comment=str(number).encode())
        path.write_bytes(data.getvalue())


def total_memory(process: psutil.Process) -> int:
    """Bytes that a process and its descendants hold; those that have just ended hold none."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        photos, project = Path(scratch, "photos"), Path(scratch, "project")
        generate(photos, options.images)
        text = f"ingest: {{source: {photos}}}\nmachine: {{workers: {options.workers}}}\n"
        write_project(project, text)
        stage = psutil.Popen(stage_command("ingest"), cwd=project, stderr=subprocess.DEVNULL)
        start, peak = time.time(), 0
        while stage.poll() is None:
            peak = max(peak, total_memory(stage))
            time.sleep(0.25)
        if stage.returncode:
            raise SystemExit("ingest failed")
        seconds = time.time() - start

        written, rows = [], []
        for part in sorted(Layout(project).images.glob("part-*.arrow")):
            written.append(part.stat().st_mtime)
            with memory_map(str(part)) as file:
                rows.append(ipc.open_file(file).read_all().num_rows)
        taken = np.cumsum(rows)
        middle = int(np.searchsorted(taken, taken[-1] / 2))
        first = (taken[middle] - taken[0]) / (written[middle] - written[0])
        second = (taken[-1] - taken[middle]) / (written[-1] - written[middle])
    print(f"{options.images} images, {options.workers} workers, {seconds:.0f} s from start to exit")
    print("| peak memory, MB | images/s, first half | second half | second / first |")
    print("|---|---|---|---|")
    print(f"| {peak / 1e6:.0f} | {first:.0f} | {second:.0f} | {second / first:.2f} |")


if __name__ == "__main__":
    main()
