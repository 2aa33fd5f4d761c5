"""From a map of features to one vector: `train.pooling`."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.core.choices import Pooling
from lookalike.core.errors import LookalikeError
from lookalike.model.tracing import trace
from lookalike.model.vision import models

GEM_POWER = 3.0
SMALLEST = 1e-6


class PowerMean(nn.Module):
    """The generalized mean over positions: power 1 is the mean, and infinity would be the maximum.

    Radenović, Tolias, Chum: "Fine-tuning CNN Image Retrieval with No Human Annotation", 2018.
    Negative features count as nothing, unless the power is 1.

    Args:
        power: of the mean.
        positions: the dimensions to take it over.
        keepdim: whether they stay, with the size 1.
    """

    def __init__(self, power: float, positions: tuple[int, ...], keepdim: bool) -> None:
        super().__init__()
        self.power = power
        self.positions = positions
        self.keepdim = keepdim

    def forward(self, features: Tensor) -> Tensor:
        if self.power == 1:
            return features.mean(self.positions, keepdim=self.keepdim)
        powers = features.clamp(min=SMALLEST).pow(self.power)
        return powers.mean(self.positions, keepdim=self.keepdim).pow(1 / self.power)


def set_pooling(model: nn.Module, name: str, pooling: Pooling) -> nn.Module:
    """A backbone that pools in another way than by itself; the weights keep their names.

    Args:
        model: the backbone; it may be changed.
        name: what messages call it.
        pooling: `auto`: its own; `cls`: the class token; `mean`; `gem`: the generalized mean with
            power 3. A transformer pools its patch tokens, without the other ones.

    Raises:
        LookalikeError: it has no class token, or nothing that could be pooled.
    """
    if pooling == "auto":
        return model
    if hasattr(model, "num_prefix_tokens") and hasattr(model, "pool"):
        return _pool_tokens(model, name, pooling)
    if pooling == "cls":
        takes_it_by_itself = isinstance(model, models.VisionTransformer)
        if not takes_it_by_itself:
            raise _refusal(name, pooling, "has no class token")
        return model
    power = 1.0 if pooling == "mean" else GEM_POWER
    found = _pooling_layer(model)
    if found is None:
        return _replace_call(model, power, _refusal(name, pooling, "does not pool a map"))
    place, layer = found
    parent, _, attribute = place.rpartition(".")
    # Its shapes tell how it sees the map: [n, channels, height, width], or channels last
    shape = tuple(layer(torch.zeros(1, 2, 3, 4)).shape)
    positions = {(1, 2): (2, 3), (1, 2, 1, 1): (2, 3), (1, 4): (1, 2), (1, 1, 1, 4): (1, 2)}
    if shape not in positions:
        raise _refusal(name, pooling, "does not pool to one value a channel")
    replacement = PowerMean(power, positions[shape], keepdim=len(shape) > 2)
    setattr(model.get_submodule(parent), attribute, replacement)
    return model


def _pool_tokens(model: Any, name: str, pooling: Pooling) -> nn.Module:
    """Of a transformer of timm."""
    if pooling == "cls" and getattr(model, "cls_token", None) is None:
        raise _refusal(name, pooling, "has no class token")
    model.attn_pool = None
    model.global_pool = "token" if pooling == "cls" else "avg"
    if pooling == "gem":  # which timm's transformers have not
        model.pool = partial(_gem, prefix=model.num_prefix_tokens)
    transformer: nn.Module = model
    return transformer


def _gem(tokens: Tensor, prefix: int) -> Tensor:
    pooled: Tensor = PowerMean(GEM_POWER, (1,), keepdim=False)(tokens[:, prefix:])
    return pooled


def _pooling_layer(model: nn.Module) -> tuple[str, nn.Module] | None:
    """The layer that pools the whole map, with its name: the last one of its kind."""
    for kind in ("SelectAdaptivePool2d", "AdaptiveAvgPool2d"):  # timm's holds one of torch's
        layers: list[tuple[str, nn.Module]] = [
            found for found in model.named_modules() if type(found[1]).__name__ == kind
        ]
        if layers:
            return layers[-1]
    return None


def _replace_call(model: nn.Module, power: float, refusal: LookalikeError) -> nn.Module:
    """As a layer would be replaced, where the model calls a function: MobileNetV2, DenseNet."""
    try:
        traced = trace(model)
    except Exception:  # a tracer raises whatever it meets
        raise refusal from None
    calls = [
        node
        for node in traced.graph.nodes
        if node.target is functional.adaptive_avg_pool2d
        or (node.target == "mean" and node.args[1:] == ([2, 3],))
    ]
    if not calls:
        raise refusal
    last = calls[-1]
    traced.add_submodule("pooling", PowerMean(power, (2, 3), keepdim=last.op == "call_function"))
    with traced.graph.inserting_before(last):
        pooled = traced.graph.call_module("pooling", (last.args[0],))
    last.replace_all_uses_with(pooled)
    traced.graph.erase_node(last)
    traced.recompile()
    return traced


def _refusal(name: str, pooling: Pooling, reason: str) -> LookalikeError:
    return LookalikeError(f"train.pooling = {pooling}: train.backbone {name} {reason}; use auto")
