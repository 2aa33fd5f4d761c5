"""The optimiser and its learning rates."""

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from lookalike.model.network import EmbeddingNetwork
from lookalike.train.optimizer import make_loss, make_optimizer, make_schedule
from lookalike.train.params import TrainParams


@pytest.fixture(scope="module")
def network() -> EmbeddingNetwork:
    return EmbeddingNetwork("mobilenet_v3_small", embedding_dim=8, classes=3)


def settings_of(optimizer: Optimizer, key: str) -> dict[int, float]:
    """A setting of each parameter's group, by the parameter's identity."""
    return {id(p): group[key] for group in optimizer.param_groups for p in group["params"]}


def test_every_parameter_is_learned_once(network: EmbeddingNetwork) -> None:
    groups = make_optimizer(network, TrainParams()).param_groups
    learned = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(learned) == sorted(id(parameter) for parameter in network.parameters())


def test_the_weights_of_layers_are_decayed_but_no_bias_and_no_normalisation(
    network: EmbeddingNetwork,
) -> None:
    decay = settings_of(make_optimizer(network, TrainParams(weight_decay=0.3)), "weight_decay")
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            layer = isinstance(module, nn.Linear | nn.Conv2d) and name == "weight"
            assert decay[id(parameter)] == (0.3 if layer else 0.0)


def test_the_backbone_learns_at_its_own_rate(network: EmbeddingNetwork) -> None:
    rate = settings_of(make_optimizer(network, TrainParams(lr=0.5, backbone_lr_scale=0.1)), "lr")
    for name, parameter in network.named_parameters():
        assert rate[id(parameter)] == (0.05 if name.startswith("backbone.") else 0.5)


def test_a_scale_of_zero_leaves_the_backbone_as_it_is() -> None:
    network = EmbeddingNetwork("mobilenet_v3_small", embedding_dim=8, classes=3)
    before = [parameter.clone() for parameter in network.backbone.parameters()]
    optimizer = make_optimizer(network, TrainParams(backbone_lr_scale=0))
    network(torch.zeros(2, 3, 32, 32)).logits.sum().backward()
    optimizer.step()
    assert all(map(torch.equal, before, network.backbone.parameters()))


def test_the_optimizer_is_the_one_that_is_named(network: EmbeddingNetwork) -> None:
    assert isinstance(make_optimizer(network, TrainParams(optimizer="adamw")), AdamW)
    assert isinstance(make_optimizer(network, TrainParams(optimizer="sgd")), SGD)


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.9, True), (0.0, False)])
def test_sgd_has_nesterov_momentum_where_it_has_momentum(
    momentum: float, nesterov: bool, network: EmbeddingNetwork
) -> None:
    optimizer = make_optimizer(network, TrainParams(optimizer="sgd", momentum=momentum))
    group = optimizer.param_groups[0]
    assert (group["momentum"], group["nesterov"]) == (momentum, nesterov)


def rates(network: EmbeddingNetwork, params: TrainParams, steps_per_epoch: int) -> list[float]:
    """The heads' learning rate in every step, and after the last."""
    optimizer = make_optimizer(network, params)
    schedule = make_schedule(optimizer, params, steps_per_epoch)
    found = []
    for _ in range(params.epochs * steps_per_epoch):
        found.append(optimizer.param_groups[-1]["lr"])
        optimizer.step()
        schedule.step()
    return [*found, optimizer.param_groups[-1]["lr"]]


def test_the_rate_rises_in_a_line_and_falls_in_half_a_cosine(network: EmbeddingNetwork) -> None:
    found = rates(network, TrainParams(lr=1.0, epochs=4, warmup_epochs=1.0), steps_per_epoch=2)
    falling = [(1 + math.cos(math.pi * step / 6)) / 2 for step in range(7)]
    assert found == pytest.approx([1 / 3, 2 / 3, *falling])


@given(
    epochs=st.integers(1, 4),
    warmup=st.floats(0, 4),
    steps=st.integers(1, 5),
)
def test_every_step_learns_and_the_rate_ends_at_zero(
    network: EmbeddingNetwork, epochs: int, warmup: float, steps: int
) -> None:
    assume(warmup < epochs)
    found = rates(network, TrainParams(lr=1.0, epochs=epochs, warmup_epochs=warmup), steps)
    top = found.index(max(found))
    assert all(0 < rate <= 1 for rate in found[:-1])
    assert found[:top] == sorted(found[:top])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert found[-1] == pytest.approx(0, abs=1e-12)


def test_the_schedule_keeps_the_backbones_share(network: EmbeddingNetwork) -> None:
    params = TrainParams(epochs=2, backbone_lr_scale=0.25)
    optimizer = make_optimizer(network, params)
    schedule = make_schedule(optimizer, params, steps_per_epoch=3)
    for _ in range(4):
        optimizer.step()
        schedule.step()
    backbone, head = optimizer.param_groups[0]["lr"], optimizer.param_groups[-1]["lr"]
    assert backbone == pytest.approx(head / 4)


def test_label_smoothing_blames_certainty() -> None:
    certain, target = torch.tensor([[50.0, 0.0]]), torch.tensor([0])
    assert make_loss(TrainParams(label_smoothing=0.0))(certain, target) < 1e-6
    assert make_loss(TrainParams(label_smoothing=0.1))(certain, target) == pytest.approx(2.5)
