"""What this machine has, and which parameters suit it."""

from dataclasses import replace
from pathlib import Path

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams
from lookalike.doctor.doctor import (
    Setting,
    doctor,
    recommend,
    recommend_engine,
    recommend_search_engine,
)
from lookalike.doctor.engines import EngineSpeed, engine_speeds
from lookalike.doctor.machine import Machine
from lookalike.images.store import ImageStore
from lookalike.index.params import IndexParams
from lookalike.inference.numerics import Numerics
from lookalike.project.parameters import read_all
from lookalike.train.params import TrainParams

MACHINE = Machine(4, "AVX512", 2**34, 2**33, 2**26, None, 0)
PARAMS = replace(
    read_all(Path(__file__).parents[2] / "params.yaml"),
    train=TrainParams(batch_size=32),
    machine=MachineParams(workers=2),
)


def advice(
    *settings: Setting, decoding: float | None = None, machine: Machine = MACHINE
) -> dict[str, object]:
    return {a.name: a.better for a in recommend(list(settings), decoding, machine, PARAMS)}


def test_bf16_is_recommended_where_it_is_clearly_faster() -> None:
    slow, fast = Setting("fp32", 4, 16, 50.0), Setting("bf16", 4, 16, 150.0)
    assert advice(slow, fast)["base.precision"] == "bf16"
    assert advice(slow, fast._replace(speed=52.0))["base.precision"] == "fp32"


def test_no_more_threads_are_recommended_than_help() -> None:
    settings = [Setting("fp32", n, 16, speed) for n, speed in ((1, 30.0), (2, 55.0), (4, 58.0))]
    found = advice(*settings, Setting("bf16", 4, 16, 10.0))
    assert found["base.threads"] == 2


def test_a_batch_is_large_enough_and_never_made_smaller() -> None:
    bf16 = Setting("bf16", 4, 16, 10.0)
    settings = [Setting("fp32", 4, n, speed) for n, speed in ((16, 50.0), (64, 90.0), (128, 92.0))]
    assert advice(*settings, bf16)["train.batch_size"] == 64
    assert advice(settings[0], bf16)["train.batch_size"] == 32


@pytest.mark.parametrize(("decoding", "workers"), [(1000.0, 1), (40.0, 3), (1.0, 4)])
def test_as_many_workers_decode_as_the_model_learns_from(decoding: float, workers: int) -> None:
    settings = (Setting("fp32", 4, 16, 100.0), Setting("bf16", 4, 16, 10.0))
    assert advice(*settings, decoding=decoding)["machine.workers"] == workers
    assert "machine.workers" not in advice(*settings)


def test_larger_batches_are_recommended_to_embed_on_a_gpu() -> None:
    settings = (Setting("fp32", 4, 16, 100.0), Setting("bf16", 4, 16, 10.0))
    with_gpu = replace(MACHINE, gpu="NVIDIA H100", gpu_memory=2**36)
    assert advice(*settings, machine=with_gpu)["base.inference_batch_size"] == 256
    assert "base.inference_batch_size" not in advice(*settings)


def speeds(**by_engine: float) -> list[EngineSpeed]:
    """Speeds such as `openvino_int8=200.0`; those that change least come first."""
    return [
        EngineSpeed(Numerics.model_validate({"engine": engine, "precision": precision}), speed)
        for name, speed in by_engine.items()
        for engine, precision in [name.split("_")]
    ]


def test_the_engine_is_recommended_that_changes_least_of_the_fastest() -> None:
    base = BaseParams(reproducible="machine")
    measured = speeds(torch_fp32=40.0, openvino_fp32=60.0, openvino_bf16=118.0, openvino_int8=120.0)
    (advice,) = recommend_engine(measured, base)
    assert (advice.now, advice.better) == ("torch in fp32", "openvino in bf16")
    assert advice.reason == "3.0 x torch in fp32; the evaluate stage says what it costs"
    (advice,) = recommend_engine(speeds(torch_fp32=40.0, onnxruntime_fp32=41.0), base)
    assert advice.better == "torch in fp32"
    assert recommend_engine([], base) == []


def test_a_portable_project_is_told_what_another_engine_needs() -> None:
    measured = speeds(torch_fp32=40.0, openvino_fp32=60.0)
    (advice,) = recommend_engine(measured, BaseParams(reproducible="portable"))
    assert advice.reason == "1.5 x torch in fp32; it needs base.reproducible: machine"


@pytest.mark.parametrize(
    ("name", "vectors", "better"),
    [
        ("annoy", 9_999, []),
        ("annoy", 10_000, ["faiss"]),
        ("exact", 10_000, ["faiss"]),
        ("usearch", 10_000, ["usearch"]),
    ],
)
def test_a_graph_is_recommended_for_many_vectors(
    name: str, vectors: int, better: list[str]
) -> None:
    index = IndexParams.model_validate({"engine": {"name": name}})
    assert [advice.better for advice in recommend_search_engine(vectors, index)] == better


def test_every_engine_that_is_installed_is_measured(int8_project: Path) -> None:
    measured = engine_speeds(Layout(int8_project), BaseParams(threads=1), seconds=0.01)
    names = [str(one.numerics) for one in measured]
    assert [name for name in names if name != "openvino in bf16"] == [
        "torch in fp32",
        "onnxruntime in fp32",
        "openvino in fp32",
        "torch in bf16",
        "openvino in int8",
    ]
    assert all(one.speed > 0 for one in measured)


def test_it_measures_and_changes_nothing(
    project: Path, tiny_images: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    Repo.init(str(project), no_scm=True).close()
    (project / "data" / "images").symlink_to(tiny_images.folder)
    yaml = YAML()
    content = yaml.load(project / "params.yaml")
    content["train"]["backbone"] = "cnn:2"
    yaml.dump(content, project / "params.yaml")
    before = (project / "params.yaml").read_bytes()
    lines = list(doctor(Layout(project), seconds=0.01))
    assert (project / "params.yaml").read_bytes() == before
    beginnings = ["processor", "memory", "/dev/shm", "GPU", "", "training cnn:2 at 32 pixels"]
    for line, beginning in zip(lines, beginnings, strict=False):
        assert line.startswith(beginning)
    text = "\n".join(lines)
    for word in (
        "before the export stage",
        "decoding and augmenting",
        "base.precision: fp32",
        "machine.workers: 2",
    ):
        assert word in text
    assert lines[-3:] == [
        "DVC remote  no default remote is set",
        "MongoDB     MONGODB_URI is not set",
        "store       serve.store is not set",
    ]
