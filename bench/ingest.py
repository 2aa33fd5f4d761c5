"""How fast ingest is, against the plain way: read, sha256 and a full Pillow decode of every file.

    python -m bench.ingest FOLDER [--runs 3] [--workers 2] [--sources folder zip s3]

Takes FOLDER, a zip archive of it and a bucket of a real S3 server on loopback with the same files.
The plain way uses as many processes; from S3 it first downloads all objects with boto3 in 16
threads. Runs alternate; medians are printed.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

from PIL import Image

from bench.project import stage_command, write_project
from services.servers import S3Server, start_s3

BUCKET = "images"
THREADS = 16
SOURCES = ("folder", "zip", "s3")


def plain(path: Path) -> tuple[str, tuple[int, int]]:
    """What any ingest has to do with a file."""
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest(), Image.open(BytesIO(data)).convert("RGB").size


def plain_folder(folder: Path, workers: int) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(plain, files, chunksize=16))


def plain_archive(archive: Path, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as whole:
            whole.extractall(folder)
        plain_folder(Path(folder), workers)


def plain_bucket(server: S3Server, workers: int) -> None:
    client = server.client()
    with tempfile.TemporaryDirectory() as folder:

        def download(key: str) -> None:
            path = Path(folder, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(BUCKET, key, str(path))

        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [entry["Key"] for page in pages for entry in page["Contents"]]
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(download, keys))
        plain_folder(Path(folder), workers)


def ingest(source: str, workers: int, environment: dict[str, str]) -> None:
    """Run the stage itself, in a project of its own, from start to exit."""
    with tempfile.TemporaryDirectory() as project:
        text = f"ingest: {{source: {source}}}\nmachine: {{workers: {workers}}}\n"
        write_project(Path(project), text)
        environment = os.environ | environment
        subprocess.run(stage_command("ingest"), cwd=project, env=environment, check=True)


def seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=SOURCES)
    options = parser.parse_args()
    folder, workers = options.folder.resolve(), options.workers
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(shutil.make_archive(f"{scratch}/images", "zip", folder))
        shutil.copytree(folder, Path(scratch, "s3", BUCKET))
        server = start_s3(Path(scratch, "s3"), Path(scratch, "log"))
        keys = server.environment
        pairs: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "folder": (
                lambda: plain_folder(folder, workers),
                lambda: ingest(str(folder), workers, {}),
            ),
            "zip": (
                lambda: plain_archive(archive, workers),
                lambda: ingest(str(archive), workers, {}),
            ),
            "s3": (
                lambda: plain_bucket(server, workers),
                lambda: ingest(f"s3://{BUCKET}", workers, keys),
            ),
        }
        print(f"{len(sizes)} files, {sum(sizes.values()) / 1e6:.0f} MB, {workers} processes")
        print("| source | plain, s | ingest, s | images/s | MB/s | plain / ingest |")
        print("|---|---|---|---|---|---|")
        try:
            for name in options.sources:
                peer, ours = pairs[name]
                times = [(seconds(peer), seconds(ours)) for _ in range(options.runs)]
                slow, fast = (statistics.median(column) for column in zip(*times, strict=True))
                rate, volume = len(sizes) / fast, sum(sizes.values()) / 1e6 / fast
                print(
                    f"| {name} | {slow:.1f} | {fast:.1f} | {rate:.0f} | {volume:.1f} "
                    f"| {slow / fast:.2f} |",
                    flush=True,
                )
        finally:
            server.stop()


if __name__ == "__main__":
    main()
