"""What Ray costs: ingest and embed on a cluster of two machines, against two local processes.

    python -m bench.ray FOLDER [--images 2000] [--runs 3] [--backbone resnet18] [--weights FILE]

FOLDER holds a folder for each class. The cluster is on this machine: two schedulers with a
processor each, started before. Both ways compute with two processes of one thread, take turns and
have to give the same bytes; seconds are those of the stage, from start to exit, medians over the
runs, ratios medians of the ratio within each run.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from ray.cluster_utils import Cluster

from bench.embed import some_images
from bench.project import stage_command, write_project

PARAMS = """
base: {threads: 1}
ingest: {source: photos}
train: {epochs: 0, backbone: BACKBONE, weights: WEIGHTS}
machine: {workers: WORKERS, devices: DEVICES, engine: ENGINE, embedding_cache_gigabytes: 0}
"""
OUTPUTS = {"ingest": "data/images", "embed": "data/embeddings"}
# Two processes that compute, each way: of `embed` they are devices, and each decodes for itself.
PROCESSES = {"ingest": {"WORKERS": "2", "DEVICES": "1"}, "embed": {"WORKERS": "0", "DEVICES": "2"}}


def run(project: Path, stage: str, engine: str, options: argparse.Namespace) -> float:
    """Seconds that a stage takes from start to exit."""
    text = PARAMS.replace("ENGINE", engine).replace("WEIGHTS", options.weights)
    text = text.replace("BACKBONE", options.backbone)
    for name, value in PROCESSES.get(stage, PROCESSES["ingest"]).items():
        text = text.replace(name, value)
    write_project(project, text)
    if stage in OUTPUTS:
        shutil.rmtree(project / OUTPUTS[stage], ignore_errors=True)
    start = time.perf_counter()
    subprocess.run(stage_command(stage), cwd=project, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def compare(project: Path, stage: str, options: argparse.Namespace) -> None:
    """Print a row of the table: the two ways in turns, with the same bytes."""
    seconds: dict[str, list[float]] = {"local": [], "ray": []}
    found: list[dict[str, bytes]] = []
    for _ in range(options.runs):
        for engine, taken in seconds.items():
            taken.append(run(project, stage, engine, options))
            found.append(content(project / OUTPUTS[stage]))
    if any(each != found[0] for each in found):
        raise SystemExit(f"{stage}: other bytes")
    local, spread = seconds.values()
    ratio = median(b / a for a, b in zip(local, spread, strict=True))
    print(f"| {stage} | {median(local):.1f} | {median(spread):.1f} | {ratio:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--weights", default="none", help="none, imagenet or a file")
    options = parser.parse_args()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        with tempfile.TemporaryDirectory() as scratch:
            project = Path(scratch)
            some_images(options.folder, options.images, project / "photos")
            print("| stage | local, s | Ray, s | Ray / local |\n|---|---:|---:|---:|")
            compare(project, "ingest", options)
            for stage in ("split", "train", "export"):
                run(project, stage, "local", options)
            compare(project, "embed", options)
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
