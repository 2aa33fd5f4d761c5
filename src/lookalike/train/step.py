"""One step of training: a batch, its gradient, the optimizer."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lookalike.core.errors import LookalikeError
from lookalike.images.batches import SharedBatches
from lookalike.images.loading import Batch
from lookalike.train.recipe.recipe import Recipe
from lookalike.train.shares import summed
from lookalike.train.state.position import Position


class Trainer(NamedTuple):
    """What one run of the loop works with, already on its device.

    Attributes:
        network: the recipe's, wrapped for the devices.
        seed: of what is random in a step itself, such as dropout.
    """

    fabric: Fabric
    network: _FabricModule
    recipe: Recipe
    optimizer: Optimizer
    schedule: LRScheduler
    seed: int


def take_step(
    trainer: Trainer, micro_batches: Iterable[Batch], order: SharedBatches, position: Position
) -> tuple[float, int, float]:
    """One step of optimizer and schedule, by the gradient over all micro-batches of a batch.

    Returns:
        The mean loss over the batch's images, how many were classified rightly, and the norm of the
        gradient before it is clipped; of all processes.
    """
    fabric, network, recipe = trainer.fabric, trainer.network, trainer.recipe
    losses, rights = [], []
    for number, (images, targets) in enumerate(micro_batches):
        images, targets = fabric.to_device((images, targets))
        share = (position.step * order.accumulation + number) * order.processes + order.rank
        mixed, classes = recipe.mixing(images, targets, position.epoch, share)
        with fabric.no_backward_sync(network, enabled=number < order.accumulation - 1):
            output = network(mixed)
            loss = recipe.objective(output, classes) / order.accumulation
            fabric.backward(loss + recipe.penalty() / order.accumulation)
        losses.append(loss.detach())
        rights.append((output.logits.detach().argmax(dim=1) == targets).sum())
    learning = [p for group in trainer.optimizer.param_groups for p in group["params"]]
    norm = get_total_norm(p.grad for p in learning if p.grad is not None)
    if recipe.gradient_clip is not None:
        clip_grads_with_norm_(learning, recipe.gradient_clip, norm)
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


def too_large(order: SharedBatches) -> LookalikeError:
    """What to say, and to try, where there was no memory for a micro-batch."""
    size = order.batches.batch_size
    return LookalikeError(
        f"train.batch_size = {size}: out of memory with {order.micro_batch_size} images at once; "
        f"try train.gradient_accumulation: {2 * order.accumulation}, which computes the same batch "
        f"in smaller micro-batches, or train.batch_size: {max(2, size // 2)}"
    )
