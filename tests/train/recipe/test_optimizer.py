"""The optimizer, and which parameters learn how fast."""

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from lookalike.model.network import EmbeddingNetwork
from lookalike.train.params import TrainParams
from lookalike.train.recipe.loss_params import LossParams
from lookalike.train.recipe.objective import Objective
from lookalike.train.recipe.optimizer import make_optimizer

NO_OBJECTIVE = nn.Module()


@pytest.fixture(scope="module")
def network() -> EmbeddingNetwork:
    return EmbeddingNetwork("mobilenet_v3_small", embedding_dim=8, classes=3)


def settings_of(optimizer: Optimizer, key: str) -> dict[int, float]:
    """A setting of each parameter's group, by the parameter's identity."""
    return {id(p): group[key] for group in optimizer.param_groups for p in group["params"]}


def test_every_parameter_is_learned_once(network: EmbeddingNetwork) -> None:
    groups = make_optimizer(network, NO_OBJECTIVE, TrainParams()).param_groups
    learned = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(learned) == sorted(id(parameter) for parameter in network.parameters())


def test_the_weights_of_layers_are_decayed_but_no_bias_and_no_normalization(
    network: EmbeddingNetwork,
) -> None:
    optimizer = make_optimizer(network, NO_OBJECTIVE, TrainParams(weight_decay=0.3))
    decay = settings_of(optimizer, "weight_decay")
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            layer = isinstance(module, nn.Linear | nn.Conv2d) and name == "weight"
            assert decay[id(parameter)] == (0.3 if layer else 0.0)


def test_the_backbone_learns_at_its_own_rate(network: EmbeddingNetwork) -> None:
    params = TrainParams(lr=0.5, backbone_lr_scale=0.1)
    rate = settings_of(make_optimizer(network, NO_OBJECTIVE, params), "lr")
    for name, parameter in network.named_parameters():
        assert rate[id(parameter)] == (0.05 if name.startswith("backbone.") else 0.5)


def test_the_last_group_is_that_of_the_heads_whose_rate_is_shown(
    network: EmbeddingNetwork,
) -> None:
    objective = Objective(LossParams(loss="arcface"), classes=3, dimension=8)
    params = TrainParams(lr=0.5, backbone_lr_scale=0.1, proxy_lr_scale=10.0)
    assert make_optimizer(network, objective, params).param_groups[-1]["lr"] == 0.5


def test_class_points_learn_at_their_own_rate_without_decay(network: EmbeddingNetwork) -> None:
    objective = Objective(LossParams(loss="proxy_anchor"), classes=3, dimension=8)
    params = TrainParams(lr=0.5, proxy_lr_scale=10.0, weight_decay=0.3)
    optimizer = make_optimizer(network, objective, params)
    (points,) = objective.parameters()
    assert settings_of(optimizer, "lr")[id(points)] == 5.0
    assert settings_of(optimizer, "weight_decay")[id(points)] == 0.0


def test_a_scale_of_zero_leaves_the_backbone_as_it_is() -> None:
    network = EmbeddingNetwork("mobilenet_v3_small", embedding_dim=8, classes=3)
    before = [parameter.clone() for parameter in network.backbone.parameters()]
    optimizer = make_optimizer(network, NO_OBJECTIVE, TrainParams(backbone_lr_scale=0))
    network(torch.zeros(2, 3, 32, 32)).logits.sum().backward()
    optimizer.step()
    assert all(map(torch.equal, before, network.backbone.parameters()))


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("adam", Adam, {"betas": (0.8, 0.9), "eps": 1e-6}),
        ("adamw", AdamW, {"betas": (0.8, 0.9), "eps": 1e-6}),
        ("sgd", SGD, {"momentum": 0.7, "nesterov": True}),
        ("rmsprop", RMSprop, {"momentum": 0.7, "eps": 1e-6}),
    ],
)
def test_the_optimizer_is_the_one_that_is_named(
    name: str, kind: type, settings: dict[str, object], network: EmbeddingNetwork
) -> None:
    params = TrainParams(optimizer=name, momentum=0.7, betas=[0.8, 0.9], epsilon=1e-6)
    optimizer = make_optimizer(network, NO_OBJECTIVE, params)
    assert type(optimizer) is kind
    assert settings.items() <= optimizer.param_groups[0].items()


def test_sgd_without_momentum_has_no_nesterov_momentum(network: EmbeddingNetwork) -> None:
    params = TrainParams(optimizer="sgd", momentum=0.0)
    group = make_optimizer(network, NO_OBJECTIVE, params).param_groups[0]
    assert (group["momentum"], group["nesterov"]) == (0.0, False)


def test_each_layer_learns_slower_than_the_one_after_it() -> None:
    pytest.importorskip("timm")
    network = EmbeddingNetwork("timm/vit_tiny_patch16_224", embedding_dim=8, classes=3)
    params = TrainParams(
        backbone="timm/vit_tiny_patch16_224", lr=0.5, backbone_lr_scale=0.1, layer_decay=0.5
    )
    rate = settings_of(make_optimizer(network, NO_OBJECTIVE, params), "lr")
    named = {name: rate[id(parameter)] for name, parameter in network.named_parameters()}
    assert named["backbone.norm.weight"] == pytest.approx(0.05)
    for block in range(11):
        before, after = (named[f"backbone.blocks.{n}.mlp.fc1.weight"] for n in (block, block + 1))
        assert before == pytest.approx(after / 2)
    assert named["backbone.patch_embed.proj.weight"] == min(named.values())
    assert named["classifier.weight"] == 0.5
    learned = settings_of(make_optimizer(network, NO_OBJECTIVE, params), "weight_decay")
    assert len(learned) == len(named)
