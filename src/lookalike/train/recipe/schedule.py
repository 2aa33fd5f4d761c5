"""The learning rate from step to step."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lookalike.train.recipe.optimizer_params import ScheduleParams

# Where one-cycle starts and ends, as fractions of its peak.
START, END = 1 / 25, 1 / 250_000


def make_schedule(
    optimizer: Optimizer, params: ScheduleParams, epochs: int, steps_per_epoch: int
) -> LambdaLR:
    """Scale the learning rates of all groups, one step a batch.

    `cosine`: a linear warm-up (Goyal et al., "Accurate, Large Minibatch SGD", 2017), then half a
    cosine down to 0 (Loshchilov and Hutter, "SGDR", 2017). `constant`: after the warm-up it stays.
    `one_cycle`: up by half a cosine from a 25th during the warm-up, then down by another to nothing
    (Smith and Topin, "Super-Convergence", 2018), as torch's `OneCycleLR`; momentum stays.
    """
    total = epochs * steps_per_epoch
    warmup = min(round(params.warmup_epochs * steps_per_epoch), total - 1)

    def scale(step: int) -> float:
        if params.schedule == "one_cycle":
            return _one_cycle(step, warmup, total)
        if step < warmup:
            return (step + 1) / (warmup + 1)
        if params.schedule == "constant":
            return 1.0
        return (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2

    return LambdaLR(optimizer, scale)


def _one_cycle(step: int, warmup: int, total: int) -> float:
    if step < warmup:
        return _between(START, 1.0, step / warmup)
    return _between(1.0, END, (step - warmup) / (total - warmup))


def _between(start: float, end: float, part: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2
