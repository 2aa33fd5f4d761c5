"""From images and a split to a trained model."""

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning_fabric import Fabric
from torch import Tensor

from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.inference.embedder import Embedder
from lookalike.model.artifact import Model, ModelDescription, build_network
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.timm_models import timm_name, timm_normalization
from lookalike.train.batches import make_batches
from lookalike.train.data import TrainingData
from lookalike.train.figures import draw_figures
from lookalike.train.log import TrainingLog
from lookalike.train.loop import Run, fit
from lookalike.train.params import TrainParams
from lookalike.train.recipe.band_statistics import with_bands
from lookalike.train.recipe.batch_norm import share_batch_norm
from lookalike.train.recipe.image_sizes import check_image_sizes, in_search
from lookalike.train.recipe.optimizer import make_optimizer
from lookalike.train.recipe.recipe import Recipe
from lookalike.train.recipe.schedule import make_schedule
from lookalike.train.recipe.warm_start import warm_start
from lookalike.train.shares import gathered
from lookalike.train.state.checkpoint import CheckpointFile
from lookalike.train.state.epoch import BestEpoch, Epoch
from lookalike.train.state.interruption import Interruption
from lookalike.train.state.optimizer_state import NamedOptimizer
from lookalike.train.state.position import Position
from lookalike.train.state.resume_from import resume_training
from lookalike.train.state.saving import Saving
from lookalike.train.state.state_file import Stateful
from lookalike.train.step import Trainer
from lookalike.train.temperature import fit_temperature
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
    images: ImageStore,
    data: TrainingData,
    log: TrainingLog,
    fabric: Fabric | None = None,
    checkpoint: CheckpointFile | None = None,
    timings: Timings | None = None,
    project: Layout | None = None,
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
        project: where pictures are drawn and decoded images cached; None: nowhere.

    Raises:
        LookalikeError: parameters, data and devices do not fit each other, or training fails.
        KeyboardInterrupt: the run was asked to stop, and is saved.
    """
    fabric = fabric or launch(MachineParams(), base.precision)
    timings = timings or Timings()
    description = describe(params, base, data.classes)
    description = with_bands(description, images, data.train.rows, workers)
    cache = (project or Layout(Path())).cache
    network = start(description, params, cache)
    if fabric.world_size > 1:
        share_batch_norm(network)

    batches = make_batches(params, base, description, images, data, fabric, workers, cache)
    recipe = Recipe(network, params, len(data.classes), base.seed)
    if project is not None and fabric.is_global_zero:
        draw_figures(project.train_figures, batches, recipe.mixing, data.classes, description.bands)
    optimizer = make_optimizer(network, recipe.objective, params)
    schedule = make_schedule(optimizer, params, params.epochs, batches.order.steps)
    wrapped, stepping = fabric.setup(network, optimizer)
    for part in recipe.stateful().values():
        fabric.to_device(part)
    recipe.objective.gather = partial(gathered, fabric)
    trainer = Trainer(fabric, wrapped, recipe, stepping, schedule, base.seed)
    best, position = BestEpoch(params.monitor), Position()
    named = NamedOptimizer(optimizer, recipe.named_parameters())
    parts: dict[str, Stateful] = {
        "network": network,
        **recipe.stateful(),
        "optimizer": named,
        "schedule": schedule,
        "position": position,
        "best": best,
        "log": log,
    }
    with Interruption() as interruption:
        saving = Saving(fabric, parts, checkpoint, interruption, timings)
        if not saving.resume() and params.resume_from is not None:
            resume_training(params, parts, named, schedule, batches.order.steps)
        fit(trainer, batches, Run(position, best, log.report, saving, timings), params.epochs)
        saving.save()
        saving.between_batches()  # asked to stop at the very end: what is left would take a while

    assert best.epoch is not None
    network.load_state_dict(best.weights)
    embedder = Embedder(Model(description, network), params.batch_size, workers)
    logits = embedder.outputs(images, data.valid.rows).logits
    assert logits is not None
    temperature = fit_temperature(logits, torch.tensor(data.valid.targets))
    calibrated = description.model_copy(update={"temperature": temperature})
    return Trained(calibrated, best.weights, _metrics(best.epoch, data, params, temperature))


def without_training(
    params: TrainParams, base: BaseParams, workers: int, images: ImageStore
) -> Trained:
    """The backbone as it is: its pooled features are the embedding, and it has no classes."""
    description = with_bands(describe(params, base, classes=[]), images, None, workers)
    network = start(description, params, Layout(Path()).cache)
    return Trained(description, network.state_dict(), {"epochs": 0, "classes": 0})


def describe(params: TrainParams, base: BaseParams, classes: list[str]) -> ModelDescription:
    """What `model.json` says of a model with these classes; none without training."""
    timm = timm_name(params.backbone)
    return ModelDescription(
        backbone=params.backbone,
        embedding_dim=params.embedding_dim if classes else None,
        head=params.head if classes else "linear",
        classes=classes,
        image_size=in_search(params),
        precision=base.precision,
        **({} if timm is None else timm_normalization(timm)._asdict()),
    )


def start(description: ModelDescription, params: TrainParams, cache: Path) -> EmbeddingNetwork:
    """The network before its first step: random, or from what `train.weights` names.

    Raises:
        LookalikeError: the weights do not fit, or the backbone cannot take images of this size.
    """
    check_image_sizes(params)
    network = build_network(description)
    warm_start(network, description.classes, params, cache)
    return network


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
