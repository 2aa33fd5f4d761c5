"""The training loop: epochs of steps, a look at the validation images after each epoch."""

import math
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import torch

from lookalike.core.errors import LookalikeError
from lookalike.core.seeds import seed_for
from lookalike.inference.copy_stream import copied_ahead
from lookalike.terminal.progress import track
from lookalike.train.batches import Batches
from lookalike.train.frozen_features import FrozenFeatures
from lookalike.train.state.epoch import BestEpoch, Epoch
from lookalike.train.state.position import Position
from lookalike.train.state.saving import Saving
from lookalike.train.step import Trainer, is_out_of_memory, take_step, too_large
from lookalike.train.timings import Timings
from lookalike.train.validation import validate


class Run(NamedTuple):
    """How far a training has come, and who is told.

    Attributes:
        position: where the next step is; the loop moves it on.
        best: the best epoch so far.
        report: called after each epoch.
        saving: where the run is saved, and stopped.
        timings: told how long what took.
    """

    position: Position
    best: BestEpoch
    report: Callable[[Epoch], None]
    saving: Saving
    timings: Timings


def fit(
    trainer: Trainer,
    batches: Batches,
    run: Run,
    epochs: int,
    frozen: FrozenFeatures | None = None,
) -> None:
    """Train from where the run is to the end of the last epoch, or until patience is at its end.

    Args:
        trainer: what takes the steps.
        batches: of images.
        run: how far it has come.
        epochs: how many there are in all.
        frozen: what stands for the images while the backbone is frozen; None: they themselves.

    Raises:
        LookalikeError: a loss is no longer a number, or memory does not suffice.
        KeyboardInterrupt: the run was asked to stop, and is saved.
    """
    position, recipe = run.position, trainer.recipe
    while position.epoch <= epochs and not run.best.is_out_of_patience(position.epoch - 1):
        batches.order.set_epoch(position.epoch, first=position.step)
        before = position.images
        with run.timings.measured("training"):
            seen = batches
            if frozen is not None:
                seen = frozen.batches(position.epoch, run.saving.between_batches)
            train_one_epoch(trainer, seen, position, run.saving.after_step, epochs)
        run.timings.images += position.images - before
        with run.timings.measured("validation"):
            scores = validate(
                trainer.fabric,
                recipe.result,
                recipe.objective.of_scores,
                seen.valid,
                run.saving.between_batches,
            )
        if not math.isfinite(scores["valid/loss"]):
            raise LookalikeError(
                f"the validation loss is {scores['valid/loss']} after epoch {position.epoch}: "
                "lower train.lr"
            )
        rate = trainer.optimizer.param_groups[-1]["lr"]
        epoch = Epoch(position.epoch, {**position.metrics(), **scores, "lr": rate})
        run.report(epoch)
        run.best.consider(epoch, recipe.result)
        position.next_epoch()


def train_one_epoch(
    trainer: Trainer,
    batches: Batches,
    position: Position,
    after_step: Callable[[], None],
    epochs: int,
) -> None:
    """Do the steps of an epoch that are not done yet."""
    trainer.recipe.freezing.train(position.epoch)
    order = batches.order
    name = f"epoch {position.epoch}/{epochs}"
    there = copied_ahead(batches.train, trainer.fabric.device)
    coming = track(there, name, total=len(order), images=order.micro_batch_size)
    rank = trainer.fabric.global_rank
    while position.step < order.steps:
        # What is random in a step is a function of where it is: no generator has to be saved.
        torch.manual_seed(seed_for(trainer.seed, "step", position.epoch, position.step, rank))
        rate = trainer.optimizer.param_groups[-1]["lr"]
        try:
            loss, right, norm = take_step(
                trainer, islice(coming, order.accumulation), order, position
            )
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise too_large(order) from None
            raise
        position.add(order.batches.batch_size, loss, right, norm)
        if not math.isfinite(loss + norm):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise LookalikeError(
                f"the {what} is {norm if math.isfinite(loss) else loss} in epoch {position.epoch}, "
                f"step {position.step}, at the learning rate {rate:g}: lower train.lr, or look at "
                f"the images {', '.join(batches.images.ids(order.batch(position.step)))}"
            )
        after_step()
