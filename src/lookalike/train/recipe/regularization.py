"""Penalties on large weights, added to the loss."""

import torch
from torch import Tensor, nn


def is_decayed(name: str, parameter: nn.Parameter) -> bool:
    """Is this a weight of a layer, which regularization should make smaller?

    Not biases, nor what normalization layers learn, layer scales, position embeddings, bias tables
    and class tokens: they say where things are, not how strongly they act.
    """
    return parameter.ndim > 1 and name.endswith("weight")


def penalty(network: nn.Module, l1: float, l2: float) -> Tensor:
    """`l1` times the sum of all weights' sizes and `l2` times that of their squares.

    Ridge regression (Hoerl and Kennard, 1970) and the lasso (Tibshirani, 1996). Frozen weights do
    not count; without either it is 0.
    """
    total = torch.zeros(())
    if l1 == l2 == 0:
        return total
    for name, parameter in network.named_parameters():
        if parameter.requires_grad and is_decayed(name, parameter):
            sizes = l1 * parameter.abs().sum() + l2 * parameter.square().sum()
            total = total.to(sizes.device) + sizes
    return total
