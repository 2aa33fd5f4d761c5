"""The optimizer, and which parameters learn how fast."""

from typing import Any

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from lookalike.train.recipe.optimizer_params import OptimizerParams
from lookalike.train.recipe.regularization import is_decayed


def make_optimizer(network: nn.Module, objective: nn.Module, params: OptimizerParams) -> Optimizer:
    """The optimizer that `train.optimizer` names.

    SGD has Nesterov momentum (Sutskever et al., 2013); Adam is that of Kingma and Ba, 2015, AdamW
    that of Loshchilov and Hutter, 2019, RMSprop that of Tieleman and Hinton, 2012. The backbone
    learns at `lr * backbone_lr_scale`, the heads at `lr`, what a metric loss learns itself at
    `lr * proxy_lr_scale`. See `is_decayed` for what is decayed.
    """
    groups: list[dict[str, Any]] = []
    for part, lr in (("backbone", params.lr * params.backbone_lr_scale), ("head", params.lr)):
        decayed: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, parameter in network.named_parameters():
            if name.startswith("backbone.") == (part == "backbone"):
                (decayed if is_decayed(name, parameter) else others).append(parameter)
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
