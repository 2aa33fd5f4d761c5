"""The optimizer, and which parameters learn how fast."""

from typing import Any

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from lookalike.train.recipe.layer_decay import layer_scales
from lookalike.train.recipe.optimizer_params import OptimizerParams
from lookalike.train.recipe.regularization import is_decayed


def make_optimizer(network: nn.Module, objective: nn.Module, params: OptimizerParams) -> Optimizer:
    """The optimizer that `train.optimizer` names.

    SGD has Nesterov momentum (Sutskever et al., 2013); Adam is that of Kingma and Ba, 2015, AdamW
    that of Loshchilov and Hutter, 2019, RMSprop that of Tieleman and Hinton, 2012. The backbone
    learns at `lr * backbone_lr_scale`, its layers by `layer_decay` slower, the heads at `lr`, what
    a metric loss learns itself at `lr * proxy_lr_scale`. See `is_decayed` for what is decayed.
    """
    groups: list[dict[str, Any]] = []
    for lr, named in _by_rate(network, params):
        decayed = [parameter for name, parameter in named if is_decayed(name, parameter)]
        others = [parameter for name, parameter in named if not is_decayed(name, parameter)]
        groups.append({"params": decayed, "lr": lr, "weight_decay": params.weight_decay})
        groups.append({"params": others, "lr": lr, "weight_decay": 0.0})
    if proxies := list(objective.parameters()):
        lr = params.lr * params.proxy_lr_scale
        groups.insert(0, {"params": proxies, "lr": lr, "weight_decay": 0.0})
    first, second = params.betas
    match params.optimizer:
        case "sgd":
            return SGD(groups, momentum=params.momentum, nesterov=params.momentum > 0)
        case "rmsprop":
            return RMSprop(groups, momentum=params.momentum, eps=params.epsilon)
        case "adam":
            return Adam(groups, betas=(first, second), eps=params.epsilon, fused=True)
        case "adamw":
            return AdamW(groups, betas=(first, second), eps=params.epsilon, fused=True)


Named = list[tuple[str, nn.Parameter]]


def _by_rate(network: nn.Module, params: OptimizerParams) -> list[tuple[float, Named]]:
    """The network's parameters by their learning rate: the backbone, slowest first, the heads."""
    backbone: dict[float, Named] = {}
    heads: Named = []
    scales: dict[str, float] = {}
    if params.layer_decay is not None:
        scales = layer_scales(network.get_submodule("backbone"), params.layer_decay)
    for name, parameter in network.named_parameters():
        part, _, inside = name.partition(".")
        if part == "backbone":
            scale = params.backbone_lr_scale * scales.get(inside, 1.0)
            backbone.setdefault(scale, []).append((name, parameter))
        else:
            heads.append((name, parameter))
    of_backbone = [(params.lr * scale, backbone[scale]) for scale in sorted(backbone)]
    return [*of_backbone, (params.lr, heads)]
