"""How time, memory, files and bytes grow with the number of images, from folder to search.

    python -m bench.million [--images 10000 100000 1000000] [--max-hash-distance 8]

Generates JPEGs of 40 to 160 pixels a side, no two alike, and runs each stage on them in a clone of
this repository: near-duplicates searched for (at 14 bits, the default, a million blots would have
381 million pairs), a small network that is not trained, an Annoy index with a number of trees that
is given. It is published to a LanceDB beside. Then DVC takes the outputs into its cache, looks for
changes and pushes to a folder, and a new process opens the index and searches. Peak memory is the
proportional set size of all processes of a step, with the files that they have mapped; it and their
processor time are looked at four times a second. The last column is the exponent of growth in
processor time since the size before: 1 is linear.

A million images take some hours and 40 GB. What each step took is said as soon as it is done.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from io import BytesIO
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from PIL import Image
from ruamel.yaml import YAML

from bench.ingest_memory import total_memory
from bench.project import REPOSITORY

FOLDER_IMAGES = 1000
STAGES = {
    "ingest": "data/images",
    "split": "data/split.csv",
    "train": "models/model",
    "export": "models/export",
    "embed": "data/embeddings",
    "index": "models/index",
}
PARAMS = {
    # two would wait for each other wherever the loading processes have the cores
    "base": {"threads": 1},
    "ingest": {"labels": "none", "shard_bytes": 2**23},
    "train": {"backbone": "cnn:16", "epochs": 0, "image_size": 32, "resize": 32},
    "index": {"engine": {"name": "annoy", "trees": 10, "search_k": 2000}, "thumbnail_size": 64},
}
SEARCH = """
import json, sys, time
import lookalike as la
start = time.perf_counter()
searcher = la.open_project(".").searcher()
opened = time.perf_counter() - start
times = []
for image in sys.argv[1:]:
    start = time.perf_counter()
    searcher.search(image, k=10)
    times.append(time.perf_counter() - start)
print(json.dumps([opened, sorted(times[1:])[len(times) // 2]]))
"""


class Step(NamedTuple):
    """What one step took: seconds, those of processors, the most memory, and what it wrote."""

    seconds: float
    processor_seconds: float
    memory: int
    files: int = 0
    bytes: int = 0


def generate(folder: Path, images: int) -> None:
    """Write JPEGs of random blots, a thousand in each folder."""
    random = np.random.default_rng(0)
    for number in range(images):
        path = folder / f"{number // FOLDER_IMAGES:04d}" / f"{number % FOLDER_IMAGES:03d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        blots = Image.fromarray(random.integers(0, 256, (6, 6, 3), np.uint8))
        width, height = random.integers(40, 160, 2).tolist()
        data = BytesIO()
        blots.resize((width, height), Image.Resampling.BICUBIC).save(data, "JPEG")
        path.write_bytes(data.getvalue())


def step(project: Path, command: list[str], output: str | None = None) -> Step:
    """Run a command in the project, and look at it until it ends."""
    start, peak = time.perf_counter(), 0
    used: dict[int, float] = {}
    process = psutil.Popen(
        command, cwd=project, env=environment(project), stdout=subprocess.DEVNULL
    )
    while process.poll() is None:
        peak = max(peak, total_memory(process))
        used.update(processor_seconds(process))
        time.sleep(0.25)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    written = project / output if output else None
    files = [path for path in (written, *(written.rglob("*"))) if path.is_file()] if written else []
    written_bytes = sum(path.stat().st_size for path in files)
    return Step(seconds, sum(used.values()), peak, len(files), written_bytes)


def environment(project: Path) -> dict[str, str]:
    """In which the clone's own code runs, whatever becomes of this working tree meanwhile."""
    return os.environ | {"PYTHONPATH": str(project / "src")}


def processor_seconds(process: psutil.Process) -> dict[int, float]:
    """What a process and all that it has started have used so far, by process."""
    used = {}
    with suppress(psutil.NoSuchProcess):
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                used[each.pid] = times.user + times.system
    return used


def prepare(project: Path, source: Path, max_hash_distance: int) -> None:
    """A clone of this repository with parameters for many images, and a remote beside it."""
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, project], check=True)
    yaml = YAML()
    params = yaml.load(project / "params.yaml")
    for block, values in PARAMS.items():
        params[block].update(values)
    params["ingest"]["source"] = str(source)
    params["split"]["near_duplicates"] = {"max_hash_distance": max_hash_distance}
    yaml.dump(params, project / "params.yaml")
    for arguments in (
        [
            "remote",
            "add",
            "--quiet",
            "--default",
            "--force",
            "beside",
            str(project.parent / "remote"),
        ],
        ["config", "--quiet", "core.autostage", "false"],
    ):
        subprocess.run(["dvc", *arguments], cwd=project, check=True)


def run(images: int, max_hash_distance: int) -> dict[str, Step]:
    """Every step for one number of images."""
    with tempfile.TemporaryDirectory() as scratch:
        photos, project = Path(scratch, "photos"), Path(scratch, "project")
        generate(photos, images)
        prepare(project, photos, max_hash_distance)
        outputs = [*STAGES.values()]
        publish = [sys.executable, "-m", "lookalike", "publish", "--to", "lancedb:../store"]
        commands: dict[str, tuple[list[str], str | None]] = {
            **{stage: ([sys.executable, f"src/{stage}.py"], STAGES[stage]) for stage in STAGES},
            "publish": (publish, "../store"),
            "dvc commit": (["dvc", "commit", "--quiet", "--force", *STAGES], None),
            "dvc status": (["dvc", "status", "--quiet", *outputs], None),
            "dvc push": (["dvc", "push", "--quiet", *outputs], "../remote"),
        }
        steps = {}
        for name, (command, output) in commands.items():
            steps[name] = step(project, command, output)
            print(f"{images} images: {name}: {steps[name]}", file=sys.stderr, flush=True)
        queries = [str(path) for path in sorted(photos.glob("0000/*.jpg"))[:21]]
        found = subprocess.run(
            [sys.executable, "-c", SEARCH, *queries],
            cwd=project,
            env=environment(project),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        opened, searched = json.loads(found)
        return {**steps, "open the index": Step(opened, 0, 0), "search": Step(searched, 0, 0)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--max-hash-distance", type=int, default=8)
    options = parser.parse_args()
    print("| images | step | s | processor, s | peak memory, MB | files | MB | exponent |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    before: tuple[int, dict[str, Step]] | None = None
    for images in options.images:
        steps = run(images, options.max_hash_distance)
        for name, taken in steps.items():
            exponent = ""
            if before is not None:
                grown = effort(taken) / effort(before[1][name])
                exponent = f"{log(grown) / log(images / before[0]):.2f}"
            times = f"{rounded(taken.seconds)} | {rounded(taken.processor_seconds)}"
            print(
                f"| {images} | {name} | {times} | {taken.memory / 1e6:.0f} | {taken.files} "
                f"| {taken.bytes / 1e6:.1f} | {exponent} |",
                flush=True,
            )
        before = images, steps


def rounded(seconds: float) -> str:
    """In three digits, or whole seconds."""
    return f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.3g}"


def effort(taken: Step) -> float:
    """Processor time, which other work on the machine changes less; where it is not known, time."""
    return taken.processor_seconds or taken.seconds


if __name__ == "__main__":
    main()
