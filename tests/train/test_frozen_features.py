"""A frozen backbone sees each image once: the same bytes, or a line that says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from torch import Tensor

from lookalike.core.params import MachineParams
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.model.compute import fix_compute
from lookalike.model.network import EmbeddingNetwork
from lookalike.train import frozen_features
from lookalike.train.data import TrainingData, training_data
from lookalike.train.log import training_log
from lookalike.train.params import TrainParams
from lookalike.train.resources import Records, Resources
from lookalike.train.training_run import TrainedModel, TrainingRun

# 42 images in batches of 12: three full ones, and an epoch leaves six images out.
PARAMS: dict[str, Any] = {
    "backbone": "cnn:2",
    "embedding_dim": 8,
    "image_size": 32,
    "resize": 32,
    "batch_size": 12,
    "augment": "none",
    "epochs": 4,
    "freeze_epochs": 3,
}


class Trained(NamedTuple):
    """A model, and how many batches of images its backbone has seen."""

    model: TrainedModel
    seen: int

    @property
    def bytes(self) -> dict[str, Any]:
        weights = {name: tensor.numpy().tobytes() for name, tensor in self.model.weights.items()}
        return weights | self.model.metrics


@pytest.fixture(scope="module")
def data(tiny_split: Path, tiny_images: ImageStore) -> TrainingData:
    split = read_split(tiny_split, tiny_images)
    return training_data(tiny_images, [image for image in split if image.label in "012"])


@pytest.fixture
def train(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Trained]:
    """Train, and count."""
    seen: list[int] = []
    features = EmbeddingNetwork.features

    def counted(network: EmbeddingNetwork, images: Tensor) -> Tensor:
        seen.append(len(images))
        return features(network, images)

    monkeypatch.setattr(EmbeddingNetwork, "features", counted)

    def run(precision: Any = "fp32", **params: Any) -> Trained:
        seen.clear()
        fix_compute(1, 0)
        resources = Resources(launch(MachineParams(), precision), precision)
        with training_log(tmp_path / "log") as log:
            chosen = TrainParams(**PARAMS | params)
            model = TrainingRun(chosen, data, 0, resources, Records(log)).fit()
        return Trained(model, len(seen))

    return run


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"head": "mlp", "head_dropout": 0.3, "ema_decay": 0.9, "gradient_accumulation": 2},
        {"loss": "supcon", "sampling": "pk", "precision": "bf16"},
        {"second_backbone": {"name": "cnn:4"}},
    ],
    ids=["plain", "with states", "pairs in bf16", "two backbones"],
)
def test_the_bytes_are_those_of_images_that_are_seen_in_each_epoch(
    recipe: dict[str, Any], train: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = train(**recipe)
    monkeypatch.setattr(frozen_features, "MOST_BYTES", 0)
    anew = train(**recipe)
    assert kept.bytes == anew.bytes
    assert kept.seen < anew.seen


def test_the_backbone_sees_no_image_more_often_in_more_frozen_epochs(
    train: Callable[..., Trained],
) -> None:
    assert train(epochs=9, freeze_epochs=9).seen == train(epochs=2, freeze_epochs=2).seen


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        ({"augment": "light"}, "train.augment: light varies them"),
        ({"random_erasing": 0.5}, "train.random_erasing varies them"),
        ({"mixup": 0.2}, "train.mixup mixes them"),
        ({"cutmix": 1.0}, "train.cutmix mixes them"),
    ],
)
def test_where_images_vary_one_line_says_why_the_backbone_sees_them_in_each_epoch(
    recipe: dict[str, Any],
    reason: str,
    train: Callable[..., Trained],
    capsys: pytest.CaptureFixture[str],
) -> None:
    train(epochs=2, freeze_epochs=2, **recipe)
    [line] = [line for line in capsys.readouterr().err.splitlines() if "frozen" in line]
    assert line == f"train: the frozen backbone sees each image in 2 epochs: {reason}"


@pytest.mark.parametrize("epochs", [0, 1])
def test_nothing_is_said_where_there_is_nothing_to_save(
    epochs: int, train: Callable[..., Trained], capsys: pytest.CaptureFixture[str]
) -> None:
    train(epochs=2, freeze_epochs=epochs, augment="light")
    assert "frozen" not in capsys.readouterr().err
