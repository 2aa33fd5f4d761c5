"""A moving average of the weights, which is validated and kept in their place."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

Tensors = list[Tensor] | tuple[Tensor, ...]


def make_ema(network: nn.Module, decay: float) -> AveragedModel:
    """A copy of the network whose weights follow the network's own; `update_parameters` moves it.

    Polyak and Juditsky, 1992. Each step it keeps `min(decay, (1 + n) / (10 + n))` of itself, `n`
    the number of steps so far: a short training would end before a slow average had left its
    random start (as TensorFlow's `ExponentialMovingAverage`). Batch norm's statistics are averaged
    alike.
    """

    @torch.no_grad()
    def move(averages: Tensors, values: Tensors, steps: Tensor | int) -> None:
        number = int(steps)
        kept = min(decay, (1 + number) / (10 + number))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value, 1 - kept)
            else:
                average.copy_(value)

    return AveragedModel(network, multi_avg_fn=move, use_buffers=True)
