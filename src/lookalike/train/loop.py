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
from lookalike.train.early_stopping import has_waited, rank
from lookalike.train.recipe import Recipe
from lookalike.train.regularisation import penalty


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
    """The best epoch, as `train.best_by` has it, and the weights after it."""

    epoch: Epoch
    weights: dict[str, Tensor]


class Trainer(NamedTuple):
    """Everything that one run of the loop works with."""

    fabric: Fabric
    network: nn.Module
    recipe: Recipe
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
    """Train for up to `epochs` epochs and return the best one.

    Args:
        trainer: network, recipe, optimiser and schedule, already on their device.
        train: batches of augmented images; iterated over once an epoch.
        order: what chooses those batches; it is told the epoch.
        valid: batches of validation images.
        epochs: at least 1.
        report: called after each epoch.

    Raises:
        LookalikeError: the loss is no longer a number.
    """
    best: Best | None = None
    params = trainer.recipe.params
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
        if best is None or _rank(epoch, params.best_by) > _rank(best.epoch, params.best_by):
            best = Best(epoch, _copy_weights(trainer.recipe.result))
        if has_waited(number, best.epoch.number, params.patience):
            break
    if best is None:
        raise ValueError(f"epochs = {epochs}: should be at least 1")
    return best


def train_one_epoch(trainer: Trainer, batches: Iterable[Batch], epoch: int) -> Score:
    """One pass over the training images, one optimiser step a batch."""
    recipe, params = trainer.recipe, trainer.recipe.params
    recipe.freezing.train(epoch)
    losses, right = [], []
    for step, (images, targets) in enumerate(batches):
        images, targets = trainer.fabric.to_device((images, targets))
        mixed, shares = recipe.mixing(images, targets, epoch, step)
        output = trainer.network(mixed)
        loss = recipe.objective(output, shares)
        if not torch.isfinite(loss):
            raise LookalikeError(
                f"the loss is {loss.item()} in epoch {epoch}, step {step}: lower train.lr"
            )
        trainer.fabric.backward(loss + penalty(recipe.network, params))
        if params.gradient_clip is not None:
            trainer.fabric.clip_gradients(
                trainer.network,
                trainer.optimizer,
                max_norm=params.gradient_clip,
                error_if_nonfinite=False,
            )
        trainer.optimizer.step()
        trainer.optimizer.zero_grad()
        trainer.schedule.step()
        if recipe.ema is not None:
            recipe.ema.update_parameters(recipe.network)
        losses.append(loss.detach().expand(len(targets)))
        right.append(output.logits.detach().argmax(dim=1) == targets)
    return _score(losses, right)


@torch.inference_mode()
def evaluate(trainer: Trainer, batches: Iterable[Batch]) -> Score:
    """Loss and accuracy over batches, without learning from them."""
    network = trainer.recipe.result.eval()
    losses, right = [], []
    for images, targets in batches:
        images, targets = trainer.fabric.to_device((images, targets))
        with trainer.fabric.autocast():
            logits = network(images).logits
        loss = trainer.recipe.objective.of_scores(logits.float(), targets)
        losses.append(loss.expand(len(targets)))
        right.append(logits.argmax(dim=1) == targets)
    return _score(losses, right)


def _score(losses: list[Tensor], right: list[Tensor]) -> Score:
    return Score(float(torch.cat(losses).mean()), float(torch.cat(right).float().mean()))


def _rank(epoch: Epoch, best_by: str) -> tuple[float, float]:
    return rank({"valid/accuracy": epoch.valid.accuracy, "valid/loss": epoch.valid.loss}, best_by)


def _copy_weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
