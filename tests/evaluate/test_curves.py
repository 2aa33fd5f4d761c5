"""Precision against recall and ROC."""

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score, roc_auc_score

from lookalike.evaluate.curves import POINTS, precision_recall, roc


@pytest.fixture(scope="module")
def predictions() -> tuple[np.ndarray, np.ndarray]:
    """2000 class numbers below 7, and probabilities that know something about them."""
    random = np.random.default_rng(0)
    targets = random.integers(0, 7, 2000)
    logits = random.normal(size=(2000, 7)) + 2 * np.eye(7)[targets]
    return targets, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_the_curves_enclose_the_areas_of_scikit_learn(
    predictions: tuple[np.ndarray, np.ndarray],
) -> None:
    one_hot = np.eye(7)[predictions[0]]
    area = auc(*zip(*roc(*predictions), strict=True))
    assert area == pytest.approx(roc_auc_score(one_hot, predictions[1], average="micro"), abs=2e-3)
    area = auc(*zip(*precision_recall(*predictions), strict=True))
    expected = average_precision_score(one_hot, predictions[1], average="micro")
    assert area == pytest.approx(expected, abs=2e-3)


def test_a_curve_has_a_bounded_number_of_points_from_end_to_end(
    predictions: tuple[np.ndarray, np.ndarray],
) -> None:
    curve = roc(*predictions)
    assert len(curve) == POINTS
    assert (curve[0], curve[-1]) == ((0.0, 0.0), (1.0, 1.0))
    curve = precision_recall(*predictions)
    assert len(curve) == POINTS
    assert (curve[0], curve[-1][0]) == ((0.0, 1.0), 1.0)


def test_perfect_answers_give_perfect_curves() -> None:
    perfect = np.arange(3), np.eye(3)
    assert auc(*zip(*roc(*perfect), strict=True)) == 1
    assert precision_recall(*perfect)[:2] == [(0.0, 1.0), (1.0, 1.0)]
