"""Losses over class scores."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from lookalike.train.recipe.losses import LOSSES, score_loss

SCORES = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
TARGETS = torch.tensor([0, 1, 2, 3, 0, 1])
ONE_HOT = functional.one_hot(TARGETS, 4).float()
RIGHT = 8 * ONE_HOT - 4


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_that_of_torch(smoothing: float) -> None:
    wanted = functional.cross_entropy(SCORES, TARGETS, label_smoothing=smoothing)
    assert torch.allclose(score_loss("cross_entropy", smoothing, 4)(SCORES, TARGETS), wanted)


def test_the_others_are_those_of_their_definitions() -> None:
    p = SCORES.softmax(dim=1)
    margins = 1 - (2 * ONE_HOT - 1) * SCORES
    wanted = {
        "bce": functional.binary_cross_entropy_with_logits(SCORES, ONE_HOT) * 4,
        "cosine": functional.cosine_embedding_loss(SCORES, ONE_HOT, torch.ones(6)),
        "mae": functional.l1_loss(p, ONE_HOT) * 4,
        "msle": functional.mse_loss((1 + p).log(), (1 + ONE_HOT).log()) * 4,
        "squared_hinge": functional.relu(margins).pow(2).mean() * 4,
    }
    for name, value in wanted.items():
        assert float(score_loss(name, 0.0, 4)(SCORES, TARGETS)) == pytest.approx(float(value)), name


@pytest.mark.parametrize("name", LOSSES)
def test_right_answers_cost_less_than_wrong_ones(name: str) -> None:
    loss = score_loss(name, 0.0, 4)
    assert 0 <= loss(RIGHT, TARGETS) < loss(SCORES, TARGETS) < loss(-RIGHT, TARGETS)


@pytest.mark.parametrize("name", LOSSES)
def test_a_step_against_the_gradient_makes_the_loss_smaller(name: str) -> None:
    loss = score_loss(name, 0.1, 4)
    scores = SCORES.clone().requires_grad_()
    before = loss(scores, TARGETS)
    (gradient,) = torch.autograd.grad(before, scores)
    assert loss(SCORES - 0.05 * gradient, TARGETS) < before


@pytest.mark.parametrize("name", LOSSES)
@given(smoothing=st.floats(0, 0.9), share=st.floats(0, 1))
def test_shares_of_classes_are_targets_as_well(name: str, smoothing: float, share: float) -> None:
    loss = score_loss(name, smoothing, 4)
    assert torch.allclose(loss(SCORES, ONE_HOT), loss(SCORES, TARGETS))
    assert math.isfinite(loss(SCORES, share * ONE_HOT + (1 - share) * ONE_HOT.flip(1)))


def test_label_smoothing_blames_certainty() -> None:
    certain, target = torch.tensor([[50.0, 0.0]]), torch.tensor([0])
    assert score_loss("cross_entropy", 0.0, 2)(certain, target) < 1e-6
    assert score_loss("cross_entropy", 0.1, 2)(certain, target) == pytest.approx(2.5)
