"""Does a probability of 0.9 mean nine right predictions in ten?"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lookalike.evaluate.calibration import BINS, expected_calibration_error, reliability


@st.composite
def predictions(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Class numbers and the probabilities that a model gives them."""
    images, classes = draw(st.integers(1, 60)), draw(st.integers(2, 6))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    targets = torch.tensor(random.integers(0, classes, images))
    return targets, torch.tensor(random.dirichlet(np.ones(classes), images)).float()


@given(predictions())
def test_the_error_is_the_gap_between_promise_and_truth_weighted_by_images(
    given: tuple[Tensor, Tensor],
) -> None:
    targets, probabilities = given
    gaps = 0.0
    best = probabilities.max(dim=1)
    for low in torch.arange(BINS) / BINS:
        inside = (best.values > low) & (best.values <= low + 1 / BINS)
        if inside.any():
            right = (best.indices == targets)[inside].double().mean()
            gaps += int(inside.sum()) * abs(float(right - best.values[inside].double().mean()))
    expected = gaps / len(targets)
    assert expected_calibration_error(targets, probabilities) == pytest.approx(expected, abs=1e-5)


def answering(right: int, wrong: int, probability: float) -> tuple[Tensor, Tensor]:
    """As many right and wrong predictions of that probability, between two classes."""
    targets = torch.tensor([0] * right + [1] * wrong)
    return targets, torch.tensor([[probability, 1 - probability]]).repeat(right + wrong, 1)


def test_a_model_that_is_right_as_often_as_it_promises_has_no_error() -> None:
    assert expected_calibration_error(*answering(3, 1, 0.75)) == pytest.approx(0)
    assert reliability(*answering(3, 1, 0.75)) == [(0.75, 0.75)]


def test_a_model_that_promises_too_much_errs_by_the_difference() -> None:
    assert expected_calibration_error(*answering(1, 1, 0.9)) == pytest.approx(0.4)
    assert reliability(*answering(1, 1, 0.9)) == [(pytest.approx(0.9), 0.5)]


@given(predictions())
def test_the_diagram_has_a_point_for_each_bin_with_images(given: tuple[Tensor, Tensor]) -> None:
    targets, probabilities = given
    points = reliability(targets, probabilities)
    best = probabilities.max(dim=1).values.double()
    assert len(points) == len(torch.unique((best * BINS).floor().clamp(max=BINS - 1)))
    assert points == sorted(points)
