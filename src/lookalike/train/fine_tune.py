"""From images and a split to a trained model."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning_fabric import Fabric
from torch import Tensor

from lookalike.core.params import BaseParams
from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.model.artifact import Model, ModelDescription, build_network
from lookalike.model.extract import extract_all
from lookalike.model.image_size import check_image_size
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.timm_models import timm_name, timm_normalisation
from lookalike.model.transforms import ImageSize, evaluation_transform
from lookalike.train.augmentation import augmentation
from lookalike.train.calibration import fit_temperature
from lookalike.train.data import TrainingData
from lookalike.train.log import TrainingLog
from lookalike.train.loop import Best, Trainer, fit
from lookalike.train.normalisation import with_bands
from lookalike.train.optimizer import make_optimizer
from lookalike.train.params import TrainParams
from lookalike.train.recipe import Recipe
from lookalike.train.sampling import make_batches
from lookalike.train.schedule import make_schedule
from lookalike.train.warm_start import warm_start


class Trained(NamedTuple):
    """A model, ready to be saved, and the metrics of `metrics/train.json`."""

    description: ModelDescription
    weights: dict[str, Tensor]
    metrics: dict[str, Any]


def fine_tune(
    params: TrainParams,
    base: BaseParams,
    workers: int,
    images: Path,
    data: TrainingData,
    log: TrainingLog,
) -> Trained:
    """Train the backbone with its heads and keep the best epoch, calibrated on validation."""
    description = describe(params, base, data.classes)
    description = with_bands(description, images, data.train.rows, workers)
    network = start(description, params)

    size = description.image_size
    rgb = description.bands is None
    mean = [value * 255 for value in description.mean] if rgb else description.mean
    augmented = augmentation(size, params, mean, rgb)
    train_set = ImageDataset(images, *data.train, augmented, base.seed)
    valid_set = ImageDataset(images, *data.valid, evaluation_transform(size))
    order = make_batches(data.train.targets, params, base.seed)
    in_turn = SequentialBatches(len(valid_set), params.batch_size)

    fabric = Fabric(devices=1, precision="bf16-mixed" if base.precision == "bf16" else "32-true")
    recipe = Recipe(network, params, len(data.classes), base.seed)
    optimizer = make_optimizer(network, recipe.objective, params)
    schedule = make_schedule(optimizer, params, params.epochs, steps_per_epoch=len(order))
    wrapped, optimizer = fabric.setup(network, optimizer)
    for part in recipe.stateful().values():
        fabric.to_device(part)
    trainer = Trainer(fabric, wrapped, recipe, optimizer, schedule)
    best = fit(
        trainer,
        load_batches(train_set, order, workers),
        order,
        load_batches(valid_set, in_turn, workers),
        params.epochs,
        log.report,
    )

    network.load_state_dict(best.weights)
    logits = extract_all(
        Model(description, network), images, data.valid.rows, base.inference_batch_size, workers
    ).logits
    assert logits is not None
    temperature = fit_temperature(logits, torch.tensor(data.valid.targets))
    calibrated = description.model_copy(update={"temperature": temperature})
    return Trained(calibrated, best.weights, _metrics(best, data, params, temperature))


def without_training(params: TrainParams, base: BaseParams, workers: int, images: Path) -> Trained:
    """The backbone as it is: its pooled features are the embedding, and it has no classes."""
    description = with_bands(describe(params, base, classes=[]), images, None, workers)
    network = start(description, params)
    return Trained(description, network.state_dict(), {"epochs": 0, "classes": 0})


def describe(params: TrainParams, base: BaseParams, classes: list[str]) -> ModelDescription:
    """What `model.json` says of a model with these classes; none without training."""
    timm = timm_name(params.backbone)
    return ModelDescription(
        backbone=params.backbone,
        embedding_dim=params.embedding_dim if classes else None,
        head=params.head if classes else "linear",
        classes=classes,
        image_size=ImageSize(
            resize=params.resize or round(params.image_size * 8 / 7), crop=params.image_size
        ),
        precision=base.precision,
        **({} if timm is None else timm_normalisation(timm)._asdict()),
    )


def start(description: ModelDescription, params: TrainParams) -> EmbeddingNetwork:
    """The network before its first step: random, or from what `train.weights` names.

    Raises:
        LookalikeError: the weights do not fit, or the backbone cannot take images of this size.
    """
    check_image_size(params.backbone, params.image_size)
    network = build_network(description)
    warm_start(network, description.classes, params)
    return network


def _metrics(
    best: Best, data: TrainingData, params: TrainParams, temperature: float
) -> dict[str, Any]:
    return {
        "epochs": params.epochs,
        "classes": len(data.classes),
        "train_images": len(data.train.rows),
        "valid_images": len(data.valid.rows),
        "best_epoch": best.epoch.number,
        "train_loss": best.epoch.train.loss,
        "train_accuracy": best.epoch.train.accuracy,
        "valid_loss": best.epoch.valid.loss,
        "valid_accuracy": best.epoch.valid.accuracy,
        "temperature": temperature,
    }
