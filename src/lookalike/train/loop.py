"""The training loop: epochs of batches, a look at the validation images after each."""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lookalike.core.errors import LookalikeError
from lookalike.core.progress import track
from lookalike.images.batches import ShuffledBatches
from lookalike.images.loading import Batch


class Score(NamedTuple):
    """Mean loss and share of right answers over the images of one pass."""

    loss: float
    accuracy: float


class Epoch(NamedTuple):
    """What one epoch gave; `lr` is the heads' learning rate at its end."""

    number: int
    train: Score
    valid: Score
    lr: float


class Best(NamedTuple):
    """The epoch with the best validation accuracy, and the weights after it."""

    epoch: Epoch
    weights: dict[str, Tensor]


class Trainer(NamedTuple):
    """Everything that one run of the loop works with."""

    fabric: Fabric
    network: nn.Module
    loss: nn.Module
    optimizer: Optimizer
    schedule: LRScheduler


def fit(
    trainer: Trainer,
    train: Iterable[Batch],
    order: ShuffledBatches,
    valid: Iterable[Batch],
    epochs: int,
    report: Callable[[Epoch], None],
) -> Best:
    """Train for `epochs` epochs and return the best one by validation accuracy, then loss.

    Args:
        trainer: network, loss, optimiser and schedule, already on their device.
        train: batches of augmented images; iterated over once an epoch.
        order: what chooses those batches; it is told the epoch.
        valid: batches of validation images.
        epochs: at least 1.
        report: called after each epoch.

    Raises:
        LookalikeError: the loss is no longer a number.
    """
    best: Best | None = None
    for number in range(1, epochs + 1):
        order.set_epoch(number)
        batches = track(train, f"epoch {number}/{epochs}", total=len(order))
        epoch = Epoch(
            number,
            train_one_epoch(trainer, batches, number),
            evaluate(trainer, valid),
            trainer.optimizer.param_groups[-1]["lr"],
        )
        if not math.isfinite(epoch.valid.loss):
            raise LookalikeError(
                f"the validation loss is {epoch.valid.loss} after epoch {number}: lower train.lr"
            )
        report(epoch)
        if best is None or _rank(epoch) > _rank(best.epoch):
            best = Best(epoch, _copy_weights(trainer.network))
    if best is None:
        raise ValueError(f"epochs = {epochs}: should be at least 1")
    return best


def train_one_epoch(trainer: Trainer, batches: Iterable[Batch], epoch: int) -> Score:
    """One pass over the training images, one optimiser step a batch."""
    trainer.network.train()
    losses, right = [], []
    for step, (images, targets) in enumerate(batches):
        images, targets = trainer.fabric.to_device((images, targets))
        logits = trainer.network(images).logits
        loss = trainer.loss(logits.float(), targets)
        if not torch.isfinite(loss):
            raise LookalikeError(
                f"the loss is {loss.item()} in epoch {epoch}, step {step}: lower train.lr"
            )
        trainer.fabric.backward(loss)
        trainer.optimizer.step()
        trainer.optimizer.zero_grad()
        trainer.schedule.step()
        losses.append(loss.detach().expand(len(targets)))
        right.append(logits.detach().argmax(dim=1) == targets)
    return _score(losses, right)


@torch.inference_mode()
def evaluate(trainer: Trainer, batches: Iterable[Batch]) -> Score:
    """Loss and accuracy over batches, without learning from them."""
    trainer.network.eval()
    losses, right = [], []
    for images, targets in batches:
        images, targets = trainer.fabric.to_device((images, targets))
        logits = trainer.network(images).logits
        losses.append(trainer.loss(logits.float(), targets).expand(len(targets)))
        right.append(logits.argmax(dim=1) == targets)
    return _score(losses, right)


def _score(losses: list[Tensor], right: list[Tensor]) -> Score:
    return Score(float(torch.cat(losses).mean()), float(torch.cat(right).float().mean()))


def _rank(epoch: Epoch) -> tuple[float, float]:
    return epoch.valid.accuracy, -epoch.valid.loss


def _copy_weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
