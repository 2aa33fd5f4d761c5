"""Bootstrap confidence intervals."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score

from lookalike.evaluate.intervals import macro_f1_interval, macro_recall_interval, mean_interval


@pytest.fixture(scope="module")
def predictions() -> tuple[np.ndarray, np.ndarray]:
    """Class numbers and predictions of 300 images, three in four right."""
    random = np.random.default_rng(0)
    targets = random.integers(0, 5, 300)
    return targets, np.where(random.random(300) < 0.75, targets, random.integers(0, 5, 300))


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation() -> None:
    right = np.arange(400) % 4 > 0
    error = np.sqrt(0.75 * 0.25 / 400)
    low, high = mean_interval(right, draws=4000, seed=0)
    assert (low, high) == pytest.approx((0.75 - 1.96 * error, 0.75 + 1.96 * error), abs=0.005)


def test_the_macro_intervals_are_those_of_scikit_learns_scores_over_the_same_draws(
    predictions: tuple[np.ndarray, np.ndarray],
) -> None:
    recalls, f1s = [], []
    random = np.random.default_rng(7)
    for drawn in random.integers(0, 300, (100, 300)):
        targets, predicted = (side[drawn] for side in predictions)
        options = {"average": "macro", "zero_division": 0}
        recalls.append(recall_score(targets, predicted, **options))
        f1s.append(f1_score(targets, predicted, **options))
    ends = (2.5, 97.5)
    found = macro_recall_interval(*predictions, draws=100, seed=7)
    assert found == pytest.approx(np.percentile(recalls, ends).tolist())
    found = macro_f1_interval(*predictions, draws=100, seed=7)
    assert found == pytest.approx(np.percentile(f1s, ends).tolist())


def test_a_class_that_a_draw_has_no_images_of_does_not_count() -> None:
    targets, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 0, 1])
    assert macro_recall_interval(targets, predicted, draws=50, seed=0) == [1, 1]
    assert macro_f1_interval(targets, predicted, draws=50, seed=0) == [1, 1]


def test_the_seed_decides_the_draws(predictions: tuple[np.ndarray, np.ndarray]) -> None:
    once = macro_f1_interval(*predictions, draws=50, seed=1)
    assert once == macro_f1_interval(*predictions, draws=50, seed=1)
    assert once != macro_f1_interval(*predictions, draws=50, seed=2)


def test_a_single_image_has_the_narrowest_interval() -> None:
    assert mean_interval(np.array([True]), draws=9, seed=0) == [1, 1]
    assert macro_f1_interval(np.array([1]), np.array([0]), draws=9, seed=0) == [0, 0]
