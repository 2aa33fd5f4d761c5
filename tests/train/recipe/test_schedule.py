"""The learning rate from step to step."""

import math
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.optim import SGD
from torch.optim.lr_scheduler import OneCycleLR

from lookalike.train.recipe.optimizer_params import ScheduleParams
from lookalike.train.recipe.schedule import make_schedule

SCHEDULES = ["cosine", "one_cycle", "constant"]


def optimizer(*rates: float) -> SGD:
    return SGD([{"params": [nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates])


def rates(epochs: int, steps: int, **values: Any) -> list[float]:
    """The learning rate in every step, and after the last, where the highest is 1."""
    stepping = optimizer(1.0)
    schedule = make_schedule(stepping, ScheduleParams(**values), epochs, steps)
    found = []
    for _ in range(epochs * steps):
        found.append(stepping.param_groups[0]["lr"])
        stepping.step()
        schedule.step()
    return [*found, stepping.param_groups[0]["lr"]]


def test_a_cosine_rises_in_a_line_and_falls_in_half_a_cosine() -> None:
    falling = [(1 + math.cos(math.pi * step / 6)) / 2 for step in range(7)]
    assert rates(4, 2, warmup_epochs=1.0) == pytest.approx([1 / 3, 2 / 3, *falling])


def test_a_constant_rate_has_a_warm_up_too() -> None:
    found = rates(4, 2, schedule="constant", warmup_epochs=1.0)
    assert found == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1, 1])


@pytest.mark.parametrize(("epochs", "warmup"), [(4, 1.0), (10, 3.0), (5, 2.5)])
def test_one_cycle_is_that_of_torch(epochs: int, warmup: float) -> None:
    steps = 8
    stepping = optimizer(1.0)
    # torch reaches its top one step before the share of steps that it is given has passed, and its
    # end in the last step.
    share = (warmup * steps + 1) / (epochs * steps + 1)
    oracle = OneCycleLR(
        stepping, 1.0, total_steps=epochs * steps + 1, pct_start=share, cycle_momentum=False
    )
    wanted = []
    for _ in range(epochs * steps):
        wanted.append(stepping.param_groups[0]["lr"])
        stepping.step()
        oracle.step()
    wanted.append(stepping.param_groups[0]["lr"])
    found = rates(epochs, steps, schedule="one_cycle", warmup_epochs=warmup)
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize("name", SCHEDULES)
@given(epochs=st.integers(1, 4), warmup=st.floats(0, 4), steps=st.integers(1, 5))
def test_every_step_learns_after_one_rise(
    name: str, epochs: int, warmup: float, steps: int
) -> None:
    assume(warmup < epochs)
    found = rates(epochs, steps, schedule=name, warmup_epochs=warmup)
    top = found.index(max(found))
    assert all(0 < rate <= 1 for rate in found[:-1])
    assert found[:top] == sorted(found[:top])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert found[-1] == pytest.approx(1 if name == "constant" else 0, abs=1e-5)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_schedule_keeps_each_groups_share(name: str) -> None:
    stepping = optimizer(1.0, 0.25)
    schedule = make_schedule(stepping, ScheduleParams(schedule=name), 2, 3)
    for _ in range(4):
        stepping.step()
        schedule.step()
    head, backbone = (group["lr"] for group in stepping.param_groups)
    assert backbone == pytest.approx(head / 4)
