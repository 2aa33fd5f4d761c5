"""From images and a split to a trained model."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning_fabric import Fabric
from torch import Tensor

from lookalike.core.layout import cache_folder
from lookalike.core.params import BaseParams, MachineParams
from lookalike.images.batches import SequentialBatches, SharedBatches, ShuffledBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.decoded import decode_once
from lookalike.images.loading import load_batches
from lookalike.model.artifact import Model, ModelDescription, build_network
from lookalike.model.extract import extract_all
from lookalike.model.transforms import ImageSize, augmentation, evaluation_transform, whole_image
from lookalike.model.weights import load_backbone, read_weights
from lookalike.train.batch_norm import share_batch_norm
from lookalike.train.calibration import fit_temperature
from lookalike.train.checkpoint import CheckpointFile
from lookalike.train.data import TrainingData
from lookalike.train.devices import check_share, launch
from lookalike.train.epoch import BestEpoch, Epoch
from lookalike.train.interruption import Interruption
from lookalike.train.log import TrainingLog
from lookalike.train.loop import Batches, Run, fit
from lookalike.train.normalisation import with_bands
from lookalike.train.optimizer import make_loss, make_optimizer, make_schedule
from lookalike.train.optimizer_state import NamedOptimizer
from lookalike.train.params import TrainParams
from lookalike.train.position import Position
from lookalike.train.resume_from import go_on_from
from lookalike.train.saving import Saving
from lookalike.train.state_file import Stateful
from lookalike.train.step import Trainer
from lookalike.train.timings import Timings


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
    fabric: Fabric | None = None,
    checkpoint: CheckpointFile | None = None,
    timings: Timings | None = None,
) -> Trained:
    """Train the backbone with its heads and keep the best epoch, calibrated on validation.

    Args:
        params: the model and how it is trained.
        base: what the stages share.
        workers: processes that decode; 0 for this one.
        images: the image store.
        data: the images to train and validate with.
        log: told every epoch.
        fabric: the devices; None: a single one.
        checkpoint: where the run is saved, and goes on from; None: it is not.
        timings: told how long what took.

    Raises:
        LookalikeError: parameters, data and devices do not fit each other, or training fails.
        KeyboardInterrupt: the run was asked to stop, and is saved.
    """
    fabric = fabric or launch(MachineParams(), base)
    timings = timings or Timings()
    description = describe(params, base, data.classes)
    description = with_bands(description, images, data.train.rows, workers)
    network = build_network(description)
    load_pretrained(network.backbone, params)
    if fabric.world_size > 1:
        share_batch_norm(network)

    size = description.image_size
    plain = evaluation_transform(size)
    augmented = augmentation(size, params.smallest_crop, params.horizontal_flip)
    decode = None
    if params.cache == "decoded":
        rows = [*data.train.rows, *data.valid.rows]
        folder = cache_folder() / "decoded"
        decode = decode_once(images, rows, whole_image(size), size.resize, folder, workers).image
    augment = augmented if params.augment else plain
    train_set = ImageDataset(images, *data.train, augment, base.seed, decode)
    rank, processes = fabric.global_rank, fabric.world_size
    check_share(params, len(train_set), processes)
    valid_set = ImageDataset(images, *data.valid.share(rank, processes), plain, decode=decode)
    order = SharedBatches(
        ShuffledBatches(len(train_set), params.batch_size, base.seed),
        params.accumulate,
        processes,
        rank,
    )
    in_turn = SequentialBatches(len(valid_set), params.batch_size)

    optimizer = make_optimizer(network, params)
    schedule = make_schedule(optimizer, params, steps_per_epoch=order.steps)
    wrapped, stepping = fabric.setup(network, optimizer)
    trainer = Trainer(
        fabric, wrapped, make_loss(params), stepping, schedule, train_set.ids, base.seed
    )
    best, position = BestEpoch(), Position()
    named = NamedOptimizer(optimizer, network.named_parameters())
    parts: dict[str, Stateful] = {
        "network": network,
        "optimizer": named,
        "schedule": schedule,
        "position": position,
        "best": best,
        "log": log,
    }
    with Interruption() as interruption:
        saving = Saving(fabric, parts, checkpoint, params.checkpoint_every, interruption, timings)
        if not saving.resume() and params.resume_from is not None:
            go_on_from(params, parts, named, schedule, order.steps)
        batches = Batches(
            load_batches(train_set, order, workers),
            order,
            load_batches(valid_set, in_turn, workers),
        )
        fit(trainer, batches, Run(position, best, log.report, saving, timings), params.epochs)
        saving.save()
        saving.between_batches()  # asked to stop at the very end: what is left would take a while

    assert best.epoch is not None
    network.load_state_dict(best.weights)
    logits = extract_all(
        Model(description, network), images, data.valid.rows, base.inference_batch_size, workers
    ).logits
    assert logits is not None
    temperature = fit_temperature(logits, torch.tensor(data.valid.targets))
    calibrated = description.model_copy(update={"temperature": temperature})
    return Trained(calibrated, best.weights, _metrics(best.epoch, data, params, temperature))


def without_training(params: TrainParams, base: BaseParams, workers: int, images: Path) -> Trained:
    """The backbone as it is: its pooled features are the embedding, and it has no classes."""
    description = with_bands(describe(params, base, classes=[]), images, None, workers)
    network = build_network(description)
    load_pretrained(network.backbone, params)
    return Trained(description, network.state_dict(), {"epochs": 0, "classes": 0})


def describe(params: TrainParams, base: BaseParams, classes: list[str]) -> ModelDescription:
    """What `model.json` says of a model with these classes; none without training."""
    return ModelDescription(
        backbone=params.backbone,
        embedding_dim=params.embedding_dim if classes else None,
        classes=classes,
        image_size=ImageSize(
            resize=params.resize or round(params.image_size * 8 / 7), crop=params.image_size
        ),
        precision=base.precision,
    )


def load_pretrained(backbone: torch.nn.Module, params: TrainParams) -> None:
    """Load the weights that the parameters name into a backbone, in place."""
    if params.weights != "none":
        weights = read_weights(params.weights, params.backbone, params.weights_sha256)
        load_backbone(backbone, weights, params.weights)


def _metrics(
    best: Epoch, data: TrainingData, params: TrainParams, temperature: float
) -> dict[str, Any]:
    return {
        "epochs": params.epochs,
        "classes": len(data.classes),
        "train_images": len(data.train.rows),
        "valid_images": len(data.valid.rows),
        "best_epoch": best.number,
        **{name.replace("/", "_"): value for name, value in best.metrics.items() if "/" in name},
        "temperature": temperature,
    }
