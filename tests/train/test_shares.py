"""Several processes that train together."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.images.store import ImageStore

OneLineError = Callable[..., AbstractContextManager[None]]

TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
SOURCE = Path(__file__).parents[2] / "src"
# Gentle steps: at this size batch norm makes much of last bits, and so does every larger step.
# (With lr: 0.01 two threads differ from one by as much as two processes do.)
PARAMS = """
base: {threads: 1}
train:
  backbone: resnet18  # without dropout, whose draws are those of each process
  embedding_dim: 8
  image_size: 32
  resize: 32
  epochs: 2
  batch_size: 42
  optimizer: sgd
  lr: 0.00001
  gradient_accumulation: GRADIENT_ACCUMULATION
  RECIPE
machine: {workers: 0, devices: DEVICES, strategy: STRATEGY}
"""


@pytest.fixture
def train(tiny_images: ImageStore, tiny_split: Path, tmp_path: Path) -> Callable[..., Path]:
    """Run the stage on the tiny digits, in a project of its own, by a launcher."""

    def run(
        devices: int,
        *launcher: str,
        gradient_accumulation: int = 1,
        recipe: Sequence[str] = (),
        strategy: str = "auto",
    ) -> Path:
        root = tmp_path / f"{devices}-{gradient_accumulation}"
        shutil.copytree(tiny_images.folder, root / "data" / "images")
        shutil.copy(tiny_split, root / "data" / "split.csv")
        params = PARAMS.replace("DEVICES", str(devices)).replace(
            "GRADIENT_ACCUMULATION", str(gradient_accumulation)
        )
        params = params.replace("RECIPE", "\n  ".join(recipe)).replace("STRATEGY", strategy)
        (root / "params.yaml").write_text(params)
        environment = os.environ | {"PYTHONPATH": str(SOURCE)}
        script = [sys.executable, *launcher, str(SOURCE / "train.py")]
        done = subprocess.run(script, cwd=root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("epoch 1: ") == 1, done.stderr  # one of them speaks
        return root

    return run


def metrics(root: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads((root / "metrics" / "train.json").read_text())
    return found


def files(root: Path) -> list[str]:
    outputs = (path for name in ("models", "metrics") for path in (root / name).rglob("*"))
    return sorted(str(path.relative_to(root)) for path in outputs if path.is_file())


def test_two_processes_give_the_metrics_of_one_to_rounding_and_one_set_of_outputs(
    train: Callable[..., Path],
) -> None:
    alone = train(1)
    together = train(2, *TORCHRUN)
    assert metrics(together) == pytest.approx(metrics(alone), rel=5e-3)
    assert files(together) == files(alone)
    curve = "metrics/train/plots/metrics/train/loss.tsv"
    assert len((together / curve).read_text().splitlines()) == 1 + 2


@pytest.mark.full
@pytest.mark.parametrize(
    ("recipe", "strategy"),
    [
        (["loss: supcon", "sampling: pk", "ema_decay: 0.9"], "auto"),
        (["added_loss: proxy_anchor", "sampling: class_balanced", "l2: 0.001"], "auto"),
        (["freeze_epochs: 1", "gradient_clip: 1.0"], "ddp_find_unused_parameters_true"),
    ],
)
def test_recipes_too_give_the_losses_of_one_process(
    train: Callable[..., Path], recipe: list[str], strategy: str
) -> None:
    alone = metrics(train(1, recipe=recipe))
    together = metrics(train(2, *TORCHRUN, recipe=recipe, strategy=strategy))
    for name in ("train_loss", "train_gradient_norm", "valid_loss"):
        assert together[name] == pytest.approx(alone[name], rel=2e-3)


@pytest.mark.full
def test_the_stage_starts_its_processes_where_no_launcher_has(
    train: Callable[..., Path],
) -> None:
    assert metrics(train(2, gradient_accumulation=3))["epochs"] == 2
