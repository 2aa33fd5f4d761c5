"""`dvc push` and `dvc pull`: an image store in shards against the same images as loose files.

    python -m bench.remote 101_ObjectCategories

Both are tracked in DVC repositories of their own and go to a real S3 server on loopback, with
fresh caches in every run. Then the data set grows by 1%; the bytes that a push uploads again are
those that the bucket has more of.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image

from bench.project import stage_command, write_project
from services.servers import S3Server, start_s3

BUCKET = "bench"
GROWTH = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description="DVC's remote: shards against loose files")
    parser.add_argument("source", type=Path, help="a folder of class folders")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as temporary:
        folder = Path(temporary)
        server = start_s3(folder / "buckets", folder / "s3.log")
        try:
            server.make_bucket(BUCKET)
            source = folder / "source"
            shutil.copytree(arguments.source, source)
            print_times(source, server, folder, arguments.runs)
            print_growth(source, server, folder)
        finally:
            server.stop()


def print_times(source: Path, server: S3Server, folder: Path, runs: int) -> None:
    """Median seconds of push and pull, of both forms."""
    times: dict[str, dict[str, list[float]]] = {}
    files = {}
    for name, fill in (("loose files", copy_images), ("shards", ingest)):
        first = Repository(folder / name.replace(" ", "-"), server)
        fill(source, first.data)
        first.dvc("add", "data")
        files[name] = len(list(files_of(first.data)))
        times[name] = {"push": [], "pull": []}
        for run in range(runs):
            first.use_remote(f"{name.replace(' ', '-')}-{run}")
            times[name]["push"].append(first.dvc("push"))
            second = Repository(folder / "second", server)
            second.use_remote(f"{name.replace(' ', '-')}-{run}")
            shutil.copy(first.root / "data.dvc", second.root)
            times[name]["pull"].append(second.dvc("pull"))
            if len(list(files_of(second.data))) != files[name]:
                sys.exit(f"bench: the pull of {name} is not complete")
            shutil.rmtree(second.root)
        shutil.rmtree(first.root)
    print("| | files | push, s | pull, s |\n|---|---:|---:|---:|")
    medians = {
        name: [statistics.median(of_command) for of_command in measured.values()]
        for name, measured in times.items()
    }
    for name, (push, pull) in medians.items():
        print(f"| {name} | {files[name]:,} | {push:.1f} | {pull:.1f} |")
    loose, shards = medians.values()
    ratios = [slow / fast for slow, fast in zip(loose, shards, strict=True)]
    print(f"| times faster | | {ratios[0]:.1f} | {ratios[1]:.1f} |\n")


def print_growth(source: Path, server: S3Server, folder: Path) -> None:
    """The share of the bytes that a push uploads after 1% more images, in three places."""
    classes = {
        entry.name: sorted(files_of(entry)) for entry in sorted(source.iterdir()) if entry.is_dir()
    }
    by_size = sorted(classes, key=lambda name: len(classes[name]))
    images = sum(map(len, classes.values()))
    count = round(images * GROWTH)
    cases = {
        f"the class of median size ({by_size[len(by_size) // 2]})": [by_size[len(by_size) // 2]],
        f"the largest class ({by_size[-1]})": [by_size[-1]],
        "all classes": list(classes),
    }
    print(f"| {count} new images among {images:,} | uploaded, MB | share |\n|---|---:|---:|")
    for number, (case, names) in enumerate(cases.items()):
        repository = Repository(folder / "growth", server)
        repository.use_remote(f"growth-{number}")
        ingest(source, repository.data)
        repository.dvc("add", "data")
        repository.dvc("push")
        before = bytes_in_bucket(server)
        whole = sum(path.stat().st_size for path in files_of(repository.data))
        added = [add_image(classes[names[n % len(names)]], n // len(names)) for n in range(count)]
        ingest(source, repository.data)
        repository.dvc("add", "data")
        repository.dvc("push")
        uploaded = bytes_in_bucket(server) - before
        print(f"| in {case} | {uploaded / 1e6:.1f} | {uploaded / whole:.1%} |")
        for path in added:
            path.unlink()
        shutil.rmtree(repository.root)


def add_image(of_class: list[Path], number: int) -> Path:
    """Add one of a class's images, encoded anew, under a name that sorts beside its original."""
    original = of_class[number % len(of_class)]
    quality = 90 - number // len(of_class)
    buffer = BytesIO()
    Image.open(original).convert("RGB").save(buffer, "JPEG", quality=quality)
    path = original.with_name(f"{original.stem}-{quality}.jpg")
    path.write_bytes(buffer.getvalue())
    return path


class Repository:
    """A DVC repository of its own, with all of DVC's caches inside."""

    def __init__(self, root: Path, server: S3Server) -> None:
        self.root = root
        self.data = root / "data"
        self.environment = os.environ | server.environment
        root.mkdir()
        self.dvc("init", "--no-scm")
        self.dvc("config", "core.site_cache_dir", str(root / "site-cache"))

    def use_remote(self, name: str) -> None:
        self.dvc("remote", "add", "--force", "--default", "storage", f"s3://{BUCKET}/{name}")

    def dvc(self, *arguments: str) -> float:
        """Run DVC; returns the seconds it took."""
        begin = time.perf_counter()
        subprocess.run(
            ["dvc", *arguments, "--quiet"], cwd=self.root, env=self.environment, check=True
        )
        return time.perf_counter() - begin


def copy_images(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder)


def ingest(source: Path, folder: Path) -> None:
    """Run the stage `ingest` and put its image store in `folder`."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        write_project(work, f"ingest: {{source: {source}}}\n")
        command = stage_command("ingest")
        subprocess.run(command, cwd=work, check=True, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(work / "data" / "images", folder)


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def bytes_in_bucket(server: S3Server) -> int:
    pages = server.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return sum(entry["Size"] for page in pages for entry in page.get("Contents", []))


if __name__ == "__main__":
    main()
