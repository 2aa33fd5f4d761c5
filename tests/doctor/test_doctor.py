"""What this machine has, and which parameters suit it."""

from dataclasses import replace
from pathlib import Path

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams
from lookalike.doctor.doctor import Setting, doctor, recommend
from lookalike.doctor.machine import Machine
from lookalike.images.store import ImageStore
from lookalike.project.parameters import read_all
from lookalike.train.params import TrainParams

MACHINE = Machine(4, "AVX512", 2**34, 2**33, 2**26, None, 0)
PARAMS = replace(
    read_all(Path(__file__).parents[2] / "params.yaml"),
    train=TrainParams(batch_size=32),
    machine=MachineParams(workers=2),
)


def advice(*settings: Setting, decoding: float | None = None) -> dict[str, object]:
    return {a.name: a.better for a in recommend(list(settings), decoding, MACHINE, PARAMS)}


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


def test_it_measures_and_changes_nothing(
    project: Path, tiny_images: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    Repo.init(str(project), no_scm=True).close()
    (project / "data").mkdir()
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
    for word in ("decoding and augmenting", "base.precision: fp32", "machine.workers: 2"):
        assert word in text
    assert lines[-2:] == [
        "DVC remote  no default remote is set",
        "MongoDB     MONGODB_URI is not set",
    ]
