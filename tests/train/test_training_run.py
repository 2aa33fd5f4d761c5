"""From images and a split to a trained model."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cross_entropy

from lookalike.core.params import BaseParams, MachineParams
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.inference.embedder import Embedder
from lookalike.model.artifact import Model, build_network
from lookalike.model.backbones import build_classifier
from lookalike.model.compute import fix_compute
from lookalike.train.data import Subset, TrainingData, training_data
from lookalike.train.log import training_log
from lookalike.train.network import describe
from lookalike.train.params import TrainParams
from lookalike.train.resources import Records, Resources
from lookalike.train.temperature import fit_temperature
from lookalike.train.training_run import TrainedModel, TrainingRun
from lookalike.train.untrained import untrained_model

OneLineError = Callable[..., AbstractContextManager[None]]

SMALL = {"backbone": "mobilenet_v3_small", "embedding_dim": 16, "image_size": 32, "resize": 32}
RESOURCES = Resources(launch(MachineParams()))


@pytest.fixture(scope="module")
def data(tiny_split: Path, tiny_images: ImageStore) -> TrainingData:
    """Four images of each of three digits to learn from, and three to validate with."""
    whole = training_data(
        tiny_images, [i for i in read_split(tiny_split, tiny_images) if i.label in "012"]
    )

    def some(subset: Subset, of_each: int) -> Subset:
        rows = [
            (row, target)
            for number in range(3)
            for row, target in [pair for pair in zip(*subset, strict=True) if pair[1] == number][
                :of_each
            ]
        ]
        return Subset([row for row, _ in rows], [target for _, target in rows])

    return whole._replace(train=some(whole.train, 4), valid=some(whole.valid, 3))


class Training:
    """Trains in a folder of its own."""

    def __init__(self, data: TrainingData, folder: Path) -> None:
        self.data, self.folder = data, folder

    def __call__(self, workers: int = 0, seed: int = 0, **params: Any) -> TrainedModel:
        base = BaseParams(threads=1, seed=seed)
        fix_compute(base.threads, base.seed)
        chosen = TrainParams(**{**SMALL, "epochs": 2, "batch_size": 4, **params})
        with training_log(self.folder / "log") as log:
            resources = Resources(launch(MachineParams()), workers=workers)
            return TrainingRun(chosen, self.data, seed, resources, Records(log)).fit()


@pytest.fixture
def train(tiny_images: ImageStore, data: TrainingData, tmp_path: Path) -> Training:
    return Training(data, tmp_path)


@pytest.fixture(scope="module")
def plain(
    tiny_images: ImageStore, data: TrainingData, tmp_path_factory: pytest.TempPathFactory
) -> TrainedModel:
    return Training(data, tmp_path_factory.mktemp("plain"))(backbone="cnn:4")


def read_curve(log: Path, metric: str) -> list[float]:
    lines = (log / "plots" / "metrics" / f"{metric}.tsv").read_text().splitlines()
    return [float(line.split("\t")[1]) for line in lines[1:]]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_the_same_inputs_give_the_same_model(train: Training) -> None:
    one, other = train(), train()
    assert same(one.weights, other.weights)
    assert (one.description, one.metrics) == (other.description, other.metrics)


def test_the_number_of_workers_changes_no_bit(train: Training) -> None:
    assert same(train(workers=0).weights, train(workers=2).weights)


@pytest.mark.full
def test_another_seed_is_another_model(train: Training) -> None:
    assert not same(train(seed=0).weights, train(seed=1).weights)


@pytest.mark.full
def test_augmentation_changes_what_is_learned(train: Training) -> None:
    assert not same(train(augment="light").weights, train(augment="none").weights)


def test_training_learns_what_it_is_shown(train: Training) -> None:
    train(epochs=12, augment="none", lr=2e-3)
    curve = read_curve(train.folder / "log", "train/loss")
    assert len(curve) == 12
    assert curve[-1] < curve[0] / 2


@pytest.mark.parametrize(
    "recipe",
    [
        {"augment": "strong", "random_erasing": 0.5, "augment_probability": 0.5},
        {"augment": "trivialaugment"},
        {"augment": "randaugment"},
        {"mixup": 0.2, "cutmix": 1.0, "label_smoothing": 0.1},
        *({"loss": loss} for loss in ("bce", "cosine", "mae", "msle", "squared_hinge")),
        *({"loss": loss, "sampling": "pk"} for loss in ("arcface", "supcon", "triplet")),
        {"added_loss": "proxy_anchor", "proxy_lr_scale": 10.0, "sampling": "class_balanced"},
        *({"optimizer": name} for name in ("adam", "sgd", "rmsprop")),
        {"schedule": "one_cycle", "l1": 1e-6, "l2": 1e-4, "gradient_clip": 1.0},
        {"schedule": "constant", "freeze_epochs": 1, "freeze_batchnorm": True},
        {"head": "mlp", "head_dropout": 0.2, "ema_decay": 0.99},
        {"second_backbone": {"name": "cnn:2"}},
    ],
    ids=lambda recipe: ",".join(f"{name}={value}" for name, value in recipe.items()),
)
def test_every_recipe_gives_another_model_and_always_the_same(
    recipe: dict[str, Any], train: Training, plain: TrainedModel
) -> None:
    options = {"backbone": "cnn:4", "images_per_class": 2, **recipe}
    one, other = train(**options), train(**options)
    assert same(one.weights, other.weights)
    assert one.metrics == other.metrics
    assert not same(one.weights, plain.weights)


@pytest.mark.full
def test_a_metric_loss_alone_leaves_a_classifier_that_has_learned(train: Training) -> None:
    pairs = {"loss": "supcon", "sampling": "pk", "batch_size": 12}
    metrics = train(backbone="cnn:8", augment="none", epochs=20, lr=0.01, **pairs).metrics
    assert metrics["train_accuracy"] > 0.6


def test_training_may_stop_before_its_last_epoch_and_says_how_many_there_were(
    train: Training,
) -> None:
    trained = train(backbone="cnn:4", epochs=8, patience=1, schedule="constant", lr=1e-9)
    epochs = len(read_curve(train.folder / "log", "valid/loss"))
    assert epochs < 8
    assert trained.metrics["epochs"] == epochs


def test_the_metrics_are_those_of_the_best_epoch(train: Training) -> None:
    metrics = train().metrics
    assert list(metrics) == [
        "epochs",
        "classes",
        "train_images",
        "valid_images",
        "best_epoch",
        "train_loss",
        "train_accuracy",
        "train_gradient_norm",
        "valid_loss",
        "valid_accuracy",
        "valid_macro_auroc",
        "valid_recall_at_1",
        "temperature",
    ]
    assert (metrics["train_images"], metrics["valid_images"], metrics["classes"]) == (12, 9, 3)
    assert metrics["best_epoch"] in {1, 2}


def test_the_weights_and_the_temperature_are_those_that_were_measured(
    train: Training, tiny_images: ImageStore, data: TrainingData
) -> None:
    # Here an epoch before the last is the best: its weights are saved and calibrated.
    trained = train(backbone="resnet18", epochs=6, optimizer="sgd", augment="none")
    network = build_network(trained.description)
    network.load_state_dict(trained.weights)
    model = Model(trained.description, network)
    logits = Embedder(model, 32).outputs(tiny_images, data.valid.rows).logits
    assert logits is not None
    targets = torch.tensor(data.valid.targets)
    assert float(cross_entropy(logits, targets)) == pytest.approx(
        trained.metrics["valid_loss"], abs=1e-4
    )
    assert trained.description.temperature == fit_temperature(logits, targets)
    assert trained.metrics["temperature"] == trained.description.temperature


def test_training_at_bf16_gives_the_same_model_every_time(
    tiny_images: ImageStore, data: TrainingData, tmp_path: Path
) -> None:
    base = BaseParams(threads=1, precision="bf16")
    params = TrainParams(**SMALL, epochs=1, warmup_epochs=0.0, batch_size=4)

    def train() -> TrainedModel:
        fix_compute(base.threads, base.seed)
        with training_log(tmp_path / "log") as log:
            resources = Resources(launch(MachineParams(), "bf16"), "bf16")
            return TrainingRun(params, data, base.seed, resources, Records(log)).fit()

    one, other = train(), train()
    assert same(one.weights, other.weights)
    assert one.description.precision == "bf16"
    assert {tensor.dtype for tensor in one.weights.values()} == {torch.float32, torch.int64}


def test_without_training_the_backbones_own_features_are_the_embedding(
    tiny_images: ImageStore,
) -> None:
    trained = untrained_model(TrainParams(**SMALL, epochs=0), tiny_images, RESOURCES)
    assert trained.description.embedding_dim is None
    assert trained.description.classes == []
    assert all(name.startswith("backbone.") for name in trained.weights)
    assert trained.metrics == {"epochs": 0, "classes": 0}


@pytest.fixture
def pretrained(tmp_path: Path) -> tuple[Path, dict[str, Tensor]]:
    """A file of weights of a small classifier."""
    torch.manual_seed(5)
    weights = build_classifier("mobilenet_v3_small").state_dict()
    save_file(weights, tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors", weights


def test_without_training_the_named_weights_are_the_model(
    pretrained: tuple[Path, dict[str, Tensor]], tiny_images: ImageStore
) -> None:
    path, weights = pretrained
    params = TrainParams(**SMALL, epochs=0, weights=str(path))
    trained = untrained_model(params, tiny_images, RESOURCES)
    for name, tensor in trained.weights.items():
        assert torch.equal(tensor, weights[name.removeprefix("backbone.")])


def test_training_starts_from_the_named_weights(
    train: Training, pretrained: tuple[Path, dict[str, Tensor]]
) -> None:
    path, weights = pretrained
    trained = train(weights=str(path), backbone_lr_scale=0.0, epochs=1, warmup_epochs=0.0)
    first = trained.weights["backbone.features.0.0.weight"]
    assert torch.equal(first, weights["features.0.0.weight"])


def test_a_model_of_timm_is_shown_images_as_its_weights_expect_them() -> None:
    pytest.importorskip("timm")
    description = describe(TrainParams(backbone="timm/vit_tiny_patch16_224"), "fp32", ["a", "b"])
    assert (description.mean, description.std) == ([0.5] * 3, [0.5] * 3)
