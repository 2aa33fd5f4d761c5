"""The training loop: epochs of steps, a look at the validation images after each epoch."""

import math
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch import nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lookalike.core.errors import LookalikeError
from lookalike.core.progress import track
from lookalike.core.seeds import seed_for
from lookalike.images.batches import Item, SharedBatches
from lookalike.images.loading import Batch
from lookalike.train.devices import summed
from lookalike.train.epoch import BestEpoch, Epoch
from lookalike.train.position import Position
from lookalike.train.saving import Saving
from lookalike.train.timings import Timings
from lookalike.train.validation import validate


class Trainer(NamedTuple):
    """What one run of the loop works with, already on its device.

    Attributes:
        ids: the ids of the images of some items.
        seed: of what is random in a step itself, such as dropout.
    """

    fabric: Fabric
    network: _FabricModule
    loss: nn.Module
    optimizer: Optimizer
    schedule: LRScheduler
    ids: Callable[[Iterable[Item]], list[str]]
    seed: int


class Step(NamedTuple):
    """What a step gave: the mean loss of its images over all processes, and how many were right."""

    images: int
    loss: float
    right: int
    gradient_norm: float


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
    """Train from where the run is to the end of the last epoch.

    Raises:
        LookalikeError: a loss is no longer a number, or memory does not suffice.
        KeyboardInterrupt: the run was asked to stop, and is saved.
    """
    position, fabric = run.position, trainer.fabric
    while position.epoch <= epochs:
        batches.order.set_epoch(position.epoch, first=position.step)
        before = position.images
        with run.timings.measured("training"):
            train_one_epoch(trainer, batches, position, run.saving.after_step, epochs)
        run.timings.images += position.images - before
        with run.timings.measured("validation"):
            scores = validate(
                fabric,
                trainer.network.module,
                trainer.loss,
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
        run.best.consider(epoch, trainer.network.module)
        position.next_epoch()


def train_one_epoch(
    trainer: Trainer,
    batches: Batches,
    position: Position,
    after_step: Callable[[], None],
    epochs: int,
) -> None:
    """Do the steps of an epoch that are not done yet."""
    trainer.network.train()
    order = batches.order
    name = f"epoch {position.epoch}/{epochs}"
    coming = track(batches.train, name, total=len(order), images=order.piece_size)
    rank = trainer.fabric.global_rank
    while position.step < order.steps:
        # What is random in a step is a function of where it is: no generator has to be saved.
        torch.manual_seed(seed_for(trainer.seed, "step", position.epoch, position.step, rank))
        rate = trainer.optimizer.param_groups[-1]["lr"]
        try:
            loss, right, norm = take_step(trainer, islice(coming, order.pieces), order.pieces)
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


def take_step(trainer: Trainer, pieces: Iterable[Batch], number: int) -> tuple[float, int, float]:
    """One step of optimiser and schedule, by the gradient over all pieces of a batch.

    Returns:
        The mean loss over the batch's images, how many were classified rightly, and the norm of the
        gradient; of all processes.
    """
    fabric, network = trainer.fabric, trainer.network
    losses, rights = [], []
    for piece, (images, targets) in enumerate(pieces, start=1):
        images, targets = fabric.to_device((images, targets))
        with fabric.no_backward_sync(network, enabled=piece < number):
            logits = network(images).logits
            loss = trainer.loss(logits.float(), targets) / number
            fabric.backward(loss)
        losses.append(loss.detach())
        rights.append((logits.detach().argmax(dim=1) == targets).sum())
    norm = get_total_norm(
        parameter.grad
        for group in trainer.optimizer.param_groups
        for parameter in group["params"]
        if parameter.grad is not None
    )
    trainer.optimizer.step()
    trainer.optimizer.zero_grad()
    trainer.schedule.step()
    loss_of_all = summed(fabric, torch.stack(losses).sum()) / fabric.world_size
    right_of_all = summed(fabric, torch.stack(rights).sum())
    return float(loss_of_all), int(right_of_all), float(norm)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device or this machine had no memory left for what torch asked for."""
    return isinstance(
        error, MemoryError | torch.OutOfMemoryError
    ) or "can't allocate memory" in str(error)


def _too_large(order: SharedBatches) -> LookalikeError:
    size = order.batches.batch_size
    return LookalikeError(
        f"train.batch_size = {size}: out of memory with {order.piece_size} images at once; try "
        f"train.accumulate: {2 * order.pieces}, which computes the same batch in smaller pieces, "
        f"or train.batch_size: {max(2, size // 2)}"
    )
