"""An optimizer's state by the names of its parameters."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from lookalike.train.state.optimizer_state import NamedOptimizer


def stepped(optimizer_of: type[Optimizer], **settings: Any) -> tuple[nn.Module, Optimizer]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.LazyLinear(2))
    network(torch.ones(1, 3, 8, 8))
    # the heads first: the order of the groups is not that of the network
    groups = [{"params": network[2].parameters(), "lr": 0.1}, {"params": network[0].parameters()}]
    optimizer = optimizer_of(groups, **settings)  # type: ignore[call-arg]
    step(network, optimizer)
    return network, optimizer


def step(network: nn.Module, optimizer: Optimizer) -> None:
    network(torch.linspace(0, 1, 192).view(1, 3, 8, 8)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize(
    ("kind", "settings"), [(AdamW, {"lr": 0.01}), (SGD, {"lr": 0.01, "momentum": 0.9})]
)
def test_an_optimizer_goes_on_as_the_one_its_state_is_of(
    kind: type[Optimizer], settings: dict[str, Any]
) -> None:
    network, optimizer = stepped(kind, **settings)
    state = deepcopy(NamedOptimizer(optimizer, network.named_parameters()).state_dict())
    other, fresh = stepped(kind, **settings)
    other.load_state_dict(network.state_dict())
    NamedOptimizer(fresh, other.named_parameters()).load_state_dict(state)
    for _ in range(2):
        step(network, optimizer)
        step(other, fresh)
    assert all(map(torch.equal, network.parameters(), other.parameters()))


def test_what_is_kept_has_the_name_of_its_parameter() -> None:
    network, optimizer = stepped(SGD, lr=0.01, momentum=0.9)
    state = NamedOptimizer(optimizer, network.named_parameters()).state_dict()
    assert list(state["parameters"]) == ["2.weight", "2.bias", "0.weight", "0.bias"]
    assert state["groups"] == [["2.weight", "2.bias"], ["0.weight", "0.bias"]]
    kept = optimizer.state[network.get_parameter("0.weight")]["momentum_buffer"]
    assert torch.equal(state["parameters"]["0.weight"]["momentum_buffer"], kept)


def test_rates_stay_those_of_the_parameters() -> None:
    network, optimizer = stepped(AdamW, lr=0.01)
    state = NamedOptimizer(optimizer, network.named_parameters()).state_dict()
    other, fresh = stepped(AdamW, lr=5.0)
    NamedOptimizer(fresh, other.named_parameters()).load_state_dict(state)
    assert [group["lr"] for group in fresh.param_groups] == [0.1, 5.0]


def test_a_state_of_other_parameters_is_refused() -> None:
    network, optimizer = stepped(SGD, lr=0.01, momentum=0.9)
    named = NamedOptimizer(optimizer, network.named_parameters())
    state = named.state_dict()
    state["groups"][0] = ["another"]
    with pytest.raises(ValueError, match="other groups"):
        named.load_state_dict(state)


def test_what_another_kind_of_optimizer_keeps_is_refused() -> None:
    network, optimizer = stepped(SGD, lr=0.01, momentum=0.9)
    state = NamedOptimizer(optimizer, network.named_parameters()).state_dict()
    other, adam = stepped(AdamW, lr=0.01)
    with pytest.raises(ValueError, match="momentum_buffer"):
        NamedOptimizer(adam, other.named_parameters()).load_state_dict(state)


@pytest.mark.parametrize("broken", [torch.ones(7), [1.0, 2.0], "nothing"], ids=str)
def test_memory_of_another_shape_is_refused(broken: Any) -> None:
    network, optimizer = stepped(AdamW, lr=0.01)
    named = NamedOptimizer(optimizer, network.named_parameters())
    state = deepcopy(named.state_dict())
    state["parameters"]["0.weight"]["exp_avg"] = broken
    with pytest.raises(ValueError, match="exp_avg of 0"):
        named.load_state_dict(state)
