"""A moving average of the weights."""

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lookalike.train.recipe.ema import make_ema


def weights(network: nn.Module) -> list[float]:
    return [float(parameter) for parameter in network.parameters()]


def follow(network: nn.Linear, averaged: AveragedModel, steps: int) -> None:
    for value in range(steps):
        with torch.no_grad():
            network.weight.fill_(value)
        averaged.update_parameters(network)


def test_it_starts_as_the_weights_after_the_first_step() -> None:
    network = nn.Linear(1, 1)
    averaged = make_ema(network, 0.9)
    with torch.no_grad():
        network.weight.fill_(7)
    averaged.update_parameters(network)
    assert weights(averaged.module) == weights(network)


def test_a_long_training_has_the_average_of_torch() -> None:
    network = nn.Linear(1, 1)
    averaged = make_ema(network, 0.5)
    oracle = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.5))
    follow(network, averaged, 60)
    follow(network, oracle, 60)
    assert weights(averaged.module) == pytest.approx(weights(oracle.module), rel=1e-4)


def test_a_short_training_is_followed_faster() -> None:
    network = nn.Linear(1, 1)
    averaged = make_ema(network, 0.999)
    follow(network, averaged, 3)
    once = 0 + (1 - 2 / 11) * (1 - 0)
    assert float(averaged.module.weight) == pytest.approx(once + (1 - 3 / 12) * (2 - once))


def test_batch_norms_statistics_are_averaged_and_its_counter_is_copied() -> None:
    network = nn.BatchNorm1d(1)
    averaged = make_ema(network, 0.999)
    for mean in (0.0, 11.0):
        network.running_mean.fill_(mean)
        network.num_batches_tracked += 1
        averaged.update_parameters(network)
    assert float(averaged.module.running_mean) == pytest.approx(9.0)
    assert int(averaged.module.num_batches_tracked) == 2


def test_its_state_is_all_that_it_needs() -> None:
    network = nn.Linear(1, 1)
    one, other = make_ema(network, 0.9), make_ema(network, 0.9)
    follow(network, one, 4)
    other.load_state_dict(one.state_dict())
    follow(network, one, 3)
    follow(network, other, 3)
    assert weights(one.module) == weights(other.module)
