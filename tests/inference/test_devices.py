"""`embed` and `evaluate` on several processes and hosts: the bytes of one."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.images.whole_table import open_shards

from lookalike.core.params import MachineParams
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.inference.cache_key import CacheSettings, open_embedding_cache
from lookalike.inference.devices import launch
from lookalike.inference.embedder import Embedder
from lookalike.inference.inference_file import Inference, write_inference
from lookalike.inference.numerics import BY_DEFAULT
from lookalike.model.artifact import Model

TORCHRUN = (sys.executable, "-m", "torch.distributed.run")
TWO_PROCESSES = (*TORCHRUN, "--standalone", "--nproc-per-node", "2")
SOURCE = Path(__file__).parents[2] / "src"
BATCH = 32
PARAMS = """
base: {threads: 1}
evaluate: {projection: none, bootstrap_draws: 10}
machine: {workers: 0, devices: DEVICES, hosts: HOSTS}
"""


@pytest.fixture
def project(tiny_images: ImageStore, tiny_split: Path, tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny digits and their model, for one process."""
    root = tmp_path / "project"
    shutil.copytree(
        tiny_images.folder,
        root / "data" / "images",
    )
    shutil.copytree(tiny_model, root / "models" / "model")
    shutil.copy(tiny_split, root / "data" / "split.csv")
    write_inference(root / "models" / "inference.json", Inference(numerics=BY_DEFAULT))
    share_out(root)
    return root


@pytest.fixture
def start(started: list[subprocess.Popen[str]]) -> Callable[..., subprocess.Popen[str]]:
    """Start a stage in a project by a launcher; ended at the end."""

    def run(root: Path, stage: str, *launcher: str) -> subprocess.Popen[str]:
        command = [*(launcher or (sys.executable,)), str(SOURCE / f"{stage}.py")]
        threads = {"OMP_NUM_THREADS": "1"}  # which torchrun else says that it sets
        environment = os.environ | threads | {"PYTHONPATH": str(SOURCE), "DVC_ROOT": str(root)}
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=root, env=environment, stderr=pipe, text=True)
        started.append(process)
        return process

    return run


def share_out(root: Path, devices: int = 1, hosts: int = 1) -> None:
    content = PARAMS.replace("DEVICES", str(devices)).replace("HOSTS", str(hosts))
    (root / "params.yaml").write_text(content)


def files(folder: Path) -> dict[str, bytes]:
    """The content of all files of a folder by their paths."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def on_two_hosts(
    start: Callable[..., subprocess.Popen[str]], first: Path, second: Path
) -> list[subprocess.Popen[str]]:
    """Start `embed` on two hosts, with a process each; they share no files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    hosts = []
    for rank, root in enumerate([first, second]):
        share_out(root, hosts=2)
        options = ("--nnodes", "2", "--node-rank", str(rank), "--master-port", port)
        hosts.append(start(root, "embed", *TORCHRUN, *options, "--nproc-per-node", "1"))
    return hosts


def test_a_strategy_for_one_device_is_one_device() -> None:
    fabric = launch(MachineParams())
    assert (fabric.world_size, fabric.global_rank) == (1, 0)


@pytest.mark.full
@pytest.mark.parametrize("remembered", [0, 70])
def test_two_processes_embed_to_the_bytes_of_one(
    project: Path,
    start: Callable[..., subprocess.Popen[str]],
    tiny_embeddings: Path,
    model: Model,
    remembered: int,
) -> None:
    images, cache = ImageStore(project / "data" / "images"), CacheSettings(project / ".cache", 1.0)
    Embedder(model, BATCH, cache=cache).embed(images, range(remembered))
    share_out(project, devices=2)
    process = start(project, "embed", *TWO_PROCESSES)
    assert process.communicate() == (None, "")
    assert files(project / "data" / "embeddings") == files(tiny_embeddings)
    with open_embedding_cache(model, None, BATCH, cache) as opened:
        assert len(opened.known(images.ids)) == 120


@pytest.mark.full
def test_hosts_with_different_images_are_refused_on_all_of_them(
    project: Path, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    other = Path(shutil.copytree(project, tmp_path / "other"))
    shutil.rmtree(other / "data" / "images")
    write_shards(
        open_shards(project / "data" / "images")[:100].to_pylist(), other / "data" / "images"
    )
    first, second = on_two_hosts(start, project, other)
    assert "embed: the processes compute different embeddings" in first.communicate()[1]
    assert "embed: one of the 2 processes has ended" in second.communicate()[1]
    assert (first.returncode, second.returncode) == (1, 1)
    assert not (project / "data" / "embeddings").exists()


@pytest.mark.full
def test_the_first_of_two_hosts_writes_what_both_have_computed(
    project: Path,
    start: Callable[..., subprocess.Popen[str]],
    tiny_embeddings: Path,
    tmp_path: Path,
) -> None:
    other = Path(shutil.copytree(project, tmp_path / "other"))
    before = files(other)
    for host in on_two_hosts(start, project, other):
        assert host.communicate() == (None, "")
    assert files(project / "data" / "embeddings") == files(tiny_embeddings)
    assert files(other).keys() == before.keys()


@pytest.mark.full
def test_two_processes_evaluate_to_the_bytes_of_one(
    project: Path, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    together = Path(shutil.copytree(project, tmp_path / "together"))
    share_out(together, devices=2)  # and the stage starts its processes itself
    for root in (project, together):
        assert start(root, "evaluate").wait() == 0
        shutil.rmtree(root / "metrics" / "timings")
    assert files(together / "metrics") == files(project / "metrics")
