"""One training, from images and a split to a model."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lookalike.inference.embedder import Embedder
from lookalike.model.artifact import Model
from lookalike.model.description import ModelDescription
from lookalike.model.training_images import ImageIds
from lookalike.train.batches import make_batches
from lookalike.train.data import TrainingData
from lookalike.train.figures import draw_figures
from lookalike.train.frozen_features import FrozenFeatures
from lookalike.train.loop import Run, fit
from lookalike.train.network import describe, starting_network
from lookalike.train.params import TrainParams
from lookalike.train.recipe.band_statistics import with_bands
from lookalike.train.recipe.batch_norm import share_batch_norm
from lookalike.train.recipe.optimizer import make_optimizer
from lookalike.train.recipe.recipe import Recipe
from lookalike.train.recipe.schedule import make_schedule
from lookalike.train.resources import Records, Resources
from lookalike.train.shares import gathered
from lookalike.train.state.epoch import BestEpoch
from lookalike.train.state.interruption import Interruption
from lookalike.train.state.optimizer_state import NamedOptimizer
from lookalike.train.state.position import Position
from lookalike.train.state.provenance import Provenance, measure_of
from lookalike.train.state.resume_from import resume_training
from lookalike.train.state.run_state import RunState
from lookalike.train.state.saving import Saving
from lookalike.train.state.state_file import State
from lookalike.train.step import Trainer
from lookalike.train.temperature import fit_temperature


@dataclass(frozen=True)
class TrainedModel:
    """A model, ready to be saved.

    Attributes:
        description: the content of `model.json`.
        weights: of the network.
        learned_from: shortened ids of the images that it has seen in training.
        metrics: the content of `metrics/train.json`.
        state: what a training with more epochs goes on from; None where nothing was trained.
    """

    description: ModelDescription
    weights: dict[str, Tensor]
    learned_from: ImageIds
    metrics: dict[str, Any]
    state: State | None = None


class TrainingRun:
    """Trains a backbone with its heads and keeps the best epoch, calibrated on validation.

    Opening a run builds all that it works with, each ingredient from its own parameters; see
    `check_training` for what it takes for granted.

    Args:
        params: the model and how it is trained.
        data: the images to train and validate with.
        seed: of everything random but the first weights, which are drawn from torch's own state.
        resources: devices and loading processes.
        records: where the run writes while it goes on.

    Raises:
        LookalikeError: parameters, data and devices do not fit each other.
    """

    def __init__(
        self,
        params: TrainParams,
        data: TrainingData,
        seed: int,
        resources: Resources,
        records: Records,
    ) -> None:
        self._params, self._data = params, data
        self._resources, self._records = resources, records
        fabric = resources.fabric
        plain = describe(params, resources.precision, data.classes)
        description = with_bands(plain, data.images, data.train.rows, resources.workers)
        network, inherited = starting_network(description, params, data.held_out, resources.cache)
        if fabric.world_size > 1:
            share_batch_norm(network, fabric.device.type)
        self._description, self._network = description, network
        self._batches = make_batches(params, data, description, seed, resources)
        recipe = Recipe(network, params, len(data.classes), seed)
        self._mixing = recipe.mixing
        optimizer = make_optimizer(network, recipe.objective, params)
        steps = self._batches.order.steps
        schedule = make_schedule(optimizer, params, params.epochs, steps)
        wrapped, stepping = fabric.setup(network, optimizer)
        for part in recipe.stateful().values():
            fabric.to_device(part)
        recipe.objective.gather = partial(gathered, fabric)
        self._trainer = Trainer(fabric, wrapped, recipe, stepping, schedule, seed)
        learned_from = data.learned_from | inherited
        self._state = RunState(
            network,
            recipe.stateful(),
            NamedOptimizer(optimizer, recipe.named_parameters()),
            Position(),
            BestEpoch(params.monitored, params.patience),
            records.log,
            Provenance(data.classes, learned_from, measure_of(params, data, description)),
            schedule,
            steps,
        )

    def fit(self) -> TrainedModel:
        """Train from the start, from the run's checkpoint, or from `train.resume_from`.

        Raises:
            LookalikeError: training fails, or what it is to go on from does not fit.
            KeyboardInterrupt: the run was asked to stop, and is saved.
        """
        params, records, state = self._params, self._records, self._state
        if records.figures is not None and self._resources.fabric.is_global_zero:
            draw_figures(records.figures, self._batches, self._mixing, self._description)
        with Interruption() as interruption:
            fabric = self._resources.fabric
            saving = Saving(fabric, state, records.checkpoint, interruption, records.timings)
            if not saving.resume() and params.resume_from is not None:
                resume_training(state, params, self._data.held_out)
            run = Run(state.position, state.best, records.log.report, saving, records.timings)
            workers = self._resources.workers
            frozen = FrozenFeatures(self._trainer, self._batches, params, workers)
            fit(self._trainer, self._batches, run, params.epochs, frozen)
            saving.save()
            saving.between_batches()  # asked to stop at the very end: what is left takes a while
        return self._calibrated()

    def _calibrated(self) -> TrainedModel:
        """The best epoch, with the temperature that its validation images ask for."""
        last, best = self._state.state_dict(), self._state.best
        assert best.epoch is not None
        self._network.load_state_dict(best.weights)
        data, valid = self._data, self._data.valid
        model = Model(self._description, self._network)
        embedder = Embedder(model, self._params.batch_size, self._resources.workers)
        logits = embedder.outputs(data.images, valid.rows).logits
        assert logits is not None
        temperature = fit_temperature(logits, torch.tensor(valid.targets))
        measured = {n.replace("/", "_"): v for n, v in best.epoch.metrics.items() if "/" in n}
        metrics = {
            "epochs": self._state.position.epoch - 1,
            "classes": len(data.classes),
            "train_images": len(data.train.rows),
            "valid_images": len(valid.rows),
            "best_epoch": best.epoch.number,
            **measured,
            "temperature": temperature,
        }
        description = self._description.model_copy(update={"temperature": temperature})
        learned_from = self._state.provenance.learned_from
        return TrainedModel(description, best.weights, learned_from, metrics, last)
