"""Ingest and embed on a cluster of two machines, of which one is lost: the bytes of one process."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PIL import Image
from ray._private.node import Node
from ray.cluster_utils import Cluster as RayCluster

from lookalike.images.store import ImageStore
from lookalike.inference.inference_file import Inference, write_inference
from lookalike.inference.numerics import BY_DEFAULT

SOURCE = Path(__file__).parents[2] / "src"
PARAMS = """
base: {threads: 1, inference_batch_size: 4}
ingest: {source: SOURCE, labels: none}
machine: {workers: 1, engine: ENGINE}
"""
UNDER_WAY = "ray::_call"  # what Ray calls a process meanwhile
SECONDS = 120.0


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """400 JPEGs, one that is none, and one that is twice there."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(400):
        color = (number % 256, number // 2, 90)
        Image.new("RGB", (64 + number, 48), color).save(folder / f"{number:03d}.jpg")
    (folder / "broken.jpg").write_bytes((folder / "000.jpg").read_bytes()[:300])
    shutil.copy(folder / "007.jpg", folder / "again.jpg")
    return folder


@pytest.fixture
def run(
    ray_cluster: RayCluster, environment: dict[str, str], started: list[subprocess.Popen[str]]
) -> Callable[..., None]:
    """Run a stage; on the cluster, a machine is lost as soon as both of them are at work."""

    def run(project: Path, stage: str, photos: Path, engine: str) -> None:
        text = PARAMS.replace("SOURCE", str(photos)).replace("ENGINE", engine)
        (project / "params.yaml").write_text(text)
        (project / "data").mkdir(exist_ok=True)
        (project / "data/corrections.csv").write_text("path,id,action,label\n")
        command = [sys.executable, str(SOURCE / f"{stage}.py")]
        process = subprocess.Popen(
            command, cwd=project, env=environment, text=True, stderr=subprocess.PIPE
        )
        started.append(process)
        if engine == "ray":
            lose_one_of_two(ray_cluster)
        _, printed = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, printed

    return run


def lose_one_of_two(cluster: RayCluster) -> None:
    """Kill a machine, its scheduler and the processes of its tasks, while both are at work."""
    end = time.monotonic() + SECONDS
    while not all(map(is_at_work, cluster.worker_nodes)):
        assert time.monotonic() < end, "the two machines are never at work at once"
        time.sleep(0.02)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)


def is_at_work(machine: Node) -> bool:
    """Whether a machine's scheduler has a process that runs a task."""
    [scheduler] = machine.all_processes["raylet"]
    processes = psutil.Process(scheduler.process.pid).children()
    return any(process.cmdline()[:1] == [UNDER_WAY] for process in processes)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.full
def test_ingest_gives_the_bytes_of_one_machine(
    run: Callable[..., None], photos: Path, tmp_path: Path
) -> None:
    found = {}
    for engine in ("local", "ray"):
        (project := tmp_path / engine).mkdir()
        run(project, "ingest", photos, engine)
        found[engine] = files(project / "data/images")
        found[engine]["rejected"] = (project / "data/rejected.csv").read_bytes()
    assert b"broken.jpg" in found["local"]["rejected"]
    assert found["ray"] == found["local"]


@pytest.mark.full
def test_embed_gives_the_bytes_of_one_machine(
    run: Callable[..., None], tiny_images: ImageStore, tiny_model: Path, tmp_path: Path
) -> None:
    found = {}
    for engine in ("local", "ray"):
        project = tmp_path / engine
        shutil.copytree(tiny_images.folder, project / "data/images")
        shutil.copytree(tiny_model, project / "models/model")
        write_inference(project / "models/inference.json", Inference(numerics=BY_DEFAULT))
        run(project, "embed", tmp_path, engine)
        found[engine] = files(project / "data/embeddings")
    assert found["ray"] == found["local"]
