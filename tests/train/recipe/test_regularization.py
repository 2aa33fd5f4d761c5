"""Penalties on large weights."""

import pytest
import torch
from torch import nn

from lookalike.model.backbones import build_backbone
from lookalike.train.recipe.regularization import is_decayed, penalty


def decayed(backbone: str) -> set[str]:
    with torch.device("meta"):
        module, _ = build_backbone(backbone)
    return {name for name, parameter in module.named_parameters() if is_decayed(name, parameter)}


@pytest.mark.parametrize(
    ("backbone", "taken", "left"),
    [
        ("resnet18", {"conv1.weight"}, {"bn1.weight", "bn1.bias"}),
        (
            "vit_b_32",
            {
                "conv_proj.weight",
                "encoder.layers.encoder_layer_0.self_attention.in_proj_weight",
                "encoder.layers.encoder_layer_0.mlp.0.weight",
            },
            {
                "class_token",
                "encoder.pos_embedding",
                "encoder.ln.weight",
                "encoder.layers.encoder_layer_0.self_attention.in_proj_bias",
            },
        ),
        ("convnext_tiny", {"features.1.0.block.0.weight"}, {"features.1.0.layer_scale"}),
    ],
)
def test_weights_of_layers_are_decayed_and_nothing_else(
    backbone: str, taken: set[str], left: set[str]
) -> None:
    found = decayed(backbone)
    assert taken <= found
    assert not left & found


@pytest.mark.parametrize("backbone", ["convnext_tiny", "maxvit_t", "vit_b_32"])
def test_scales_positions_tokens_and_bias_tables_are_never_decayed(backbone: str) -> None:
    kinds = ("layer_scale", "pos_embedding", "class_token", "bias_table", "bias")
    assert not [name for name in decayed(backbone) if name.endswith(kinds)]


@pytest.fixture
def network() -> nn.Module:
    layers = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1), nn.Linear(1, 1))
    with torch.no_grad():
        for value, parameter in enumerate(layers.parameters(), start=1):
            parameter.fill_(-value)
    return layers  # weights of -1, -1 and -5


@pytest.mark.parametrize(
    ("l1", "l2", "wanted"), [(0.0, 0.0, 0.0), (0.5, 0.0, 3.5), (0.0, 0.5, 13.5), (1.0, 1.0, 34.0)]
)
def test_it_is_the_sum_of_sizes_and_squares(
    l1: float, l2: float, wanted: float, network: nn.Module
) -> None:
    assert penalty(network, l1, l2) == wanted


def test_frozen_weights_do_not_count(network: nn.Module) -> None:
    network[2].requires_grad_(False)
    assert penalty(network, 1.0, 0.0) == 2.0


def test_its_gradient_makes_weights_smaller(network: nn.Module) -> None:
    penalty(network, 0.0, 0.5).backward()
    assert torch.equal(network[0].weight.grad, network[0].weight)
    assert network[0].bias.grad is None
