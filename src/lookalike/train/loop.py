"""The training loop: epochs of steps, a look at the validation images after each epoch."""

import math
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lookalike.core.errors import LookalikeError
from lookalike.core.progress import track
from lookalike.core.seeds import seed_for
from lookalike.images.batches import Item, SharedBatches
from lookalike.images.loading import Batch
from lookalike.train.devices import summed
from lookalike.train.early_stopping import has_waited
from lookalike.train.epoch import BestEpoch, Epoch
from lookalike.train.position import Position
from lookalike.train.recipe import Recipe
from lookalike.train.regularisation import penalty
from lookalike.train.saving import Saving
from lookalike.train.timings import Timings
from lookalike.train.validation import validate


class Trainer(NamedTuple):
    """What one run of the loop works with, already on its device.

    Attributes:
        network: the recipe's, wrapped for the devices.
        ids: the ids of the images of some items.
        seed: of what is random in a step itself, such as dropout.
    """

    fabric: Fabric
    network: _FabricModule
    recipe: Recipe
    optimizer: Optimizer
    schedule: LRScheduler
    ids: Callable[[Iterable[Item]], list[str]]
    seed: int


class Batches(NamedTuple):
    """What is learned from and what is validated with.

    Attributes:
        train: batches of augmented images, in pieces; iterated over once an epoch.
        order: what chooses them; it is told the epoch, and where in it to begin.
        valid: batches of validation images.
    """

    train: Iterable[Batch]
    order: SharedBatches
    valid: Iterable[Batch]


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


def fit(trainer: Trainer, batches: Batches, run: Run, epochs: int) -> None:
    """Train from where the run is to the end of the last epoch, or until patience is at its end.

    Raises:
        LookalikeError: a loss is no longer a number, or memory does not suffice.
        KeyboardInterrupt: the run was asked to stop, and is saved.
    """
    position, recipe = run.position, trainer.recipe
    while position.epoch <= epochs and not _is_to_stop_early(run, recipe.params.patience):
        batches.order.set_epoch(position.epoch, first=position.step)
        before = position.images
        with run.timings.measured("training"):
            train_one_epoch(trainer, batches, position, run.saving.after_step, epochs)
        run.timings.images += position.images - before
        with run.timings.measured("validation"):
            scores = validate(
                trainer.fabric,
                recipe.result,
                recipe.objective.of_scores,
                batches.valid,
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
    coming = track(batches.train, name, total=len(order), images=order.piece_size)
    rank = trainer.fabric.global_rank
    while position.step < order.steps:
        # What is random in a step is a function of where it is: no generator has to be saved.
        torch.manual_seed(seed_for(trainer.seed, "step", position.epoch, position.step, rank))
        rate = trainer.optimizer.param_groups[-1]["lr"]
        try:
            loss, right, norm = take_step(trainer, islice(coming, order.pieces), order, position)
        except (MemoryError, RuntimeError) as error:
            raise _too_large(order) if is_out_of_memory(error) else error from None
        position.add(order.batches.batch_size, loss, right, norm)
        if not math.isfinite(loss + norm):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise LookalikeError(
                f"the {what} is {norm if math.isfinite(loss) else loss} in epoch {position.epoch}, "
                f"step {position.step}, at the learning rate {rate:g}: lower train.lr, or look at "
                f"the images {', '.join(trainer.ids(order.batch(position.step)))}"
            )
        after_step()


def take_step(
    trainer: Trainer, pieces: Iterable[Batch], order: SharedBatches, position: Position
) -> tuple[float, int, float]:
    """One step of optimiser and schedule, by the gradient over all pieces of a batch.

    Returns:
        The mean loss over the batch's images, how many were classified rightly, and the norm of the
        gradient before it is clipped; of all processes.
    """
    fabric, network, recipe = trainer.fabric, trainer.network, trainer.recipe
    losses, rights = [], []
    for piece, (images, targets) in enumerate(pieces):
        images, targets = fabric.to_device((images, targets))
        share = (position.step * order.pieces + piece) * order.processes + order.rank
        mixed, classes = recipe.mixing(images, targets, position.epoch, share)
        with fabric.no_backward_sync(network, enabled=piece < order.pieces - 1):
            output = network(mixed)
            loss = recipe.objective(output, classes) / order.pieces
            fabric.backward(loss + penalty(recipe.network, recipe.params) / order.pieces)
        losses.append(loss.detach())
        rights.append((output.logits.detach().argmax(dim=1) == targets).sum())
    learning = [p for group in trainer.optimizer.param_groups for p in group["params"]]
    norm = get_total_norm(p.grad for p in learning if p.grad is not None)
    if recipe.params.gradient_clip is not None:
        clip_grads_with_norm_(learning, recipe.params.gradient_clip, norm)
    trainer.optimizer.step()
    trainer.optimizer.zero_grad()
    trainer.schedule.step()
    if recipe.ema is not None:
        recipe.ema.update_parameters(recipe.network)
    loss_of_all = summed(fabric, torch.stack(losses).sum()) / fabric.world_size
    right_of_all = summed(fabric, torch.stack(rights).sum())
    return float(loss_of_all), int(right_of_all), float(norm)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device or this machine had no memory left for what torch asked for."""
    return isinstance(
        error, MemoryError | torch.OutOfMemoryError
    ) or "can't allocate memory" in str(error)


def _is_to_stop_early(run: Run, patience: int | None) -> bool:
    best = run.best.epoch
    return best is not None and has_waited(run.position.epoch - 1, best.number, patience)


def _too_large(order: SharedBatches) -> LookalikeError:
    size = order.batches.batch_size
    return LookalikeError(
        f"train.batch_size = {size}: out of memory with {order.piece_size} images at once; try "
        f"train.accumulate: {2 * order.pieces}, which computes the same batch in smaller pieces, "
        f"or train.batch_size: {max(2, size // 2)}"
    )
