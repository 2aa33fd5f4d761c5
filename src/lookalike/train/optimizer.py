"""The optimiser and its learning rates."""

import math

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lookalike.model.network import EmbeddingNetwork
from lookalike.train.params import TrainParams


def make_optimizer(network: EmbeddingNetwork, params: TrainParams) -> Optimizer:
    """AdamW (Loshchilov and Hutter, 2019) or SGD with Nesterov momentum.

    The backbone learns at `lr * backbone_lr_scale`, the heads at `lr`. Biases and normalisation
    layers are not decayed.
    """
    groups = []
    for part, lr in (("backbone", params.lr * params.backbone_lr_scale), ("head", params.lr)):
        weights: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, parameter in network.named_parameters():
            if name.startswith("backbone.") == (part == "backbone"):
                (weights if parameter.ndim > 1 else others).append(parameter)
        groups.append({"params": weights, "lr": lr, "weight_decay": params.weight_decay})
        groups.append({"params": others, "lr": lr, "weight_decay": 0.0})
    if params.optimizer == "sgd":
        return SGD(groups, momentum=params.momentum, nesterov=params.momentum > 0)
    return AdamW(groups)


def make_schedule(optimizer: Optimizer, params: TrainParams, steps_per_epoch: int) -> LambdaLR:
    """A linear warm-up, then half a cosine down to zero; one step a batch.

    Goyal et al., "Accurate, Large Minibatch SGD", 2017; Loshchilov and Hutter, "SGDR", 2017.
    """
    total = params.epochs * steps_per_epoch
    warmup = min(round(params.warmup_epochs * steps_per_epoch), total - 1)

    def scale(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2

    return LambdaLR(optimizer, scale)


def make_loss(params: TrainParams) -> nn.Module:
    """Cross-entropy, with label smoothing (Szegedy et al., 2016)."""
    return nn.CrossEntropyLoss(label_smoothing=params.label_smoothing)
