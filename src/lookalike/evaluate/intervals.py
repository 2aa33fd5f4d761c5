"""How far the headline figures can be trusted: bootstrap confidence intervals.

The test images are drawn anew, with replacement, many times; the interval holds the middle 95% of
the values that a figure then takes (Efron, Tibshirani: "An Introduction to the Bootstrap", 1993,
chapter 13).
"""

from collections.abc import Callable

import numpy as np
from scipy.stats import bootstrap

CONFIDENCE = 0.95
# Draws held in memory at once.
BATCH = 50


def mean_interval(values: np.ndarray, draws: int, seed: int) -> list[float]:
    """The lower and upper end of the interval of a mean over images, float `[n]`."""
    return _interval((values,), np.mean, draws, seed)


def macro_recall_interval(
    targets: np.ndarray, predicted: np.ndarray, draws: int, seed: int
) -> list[float]:
    """The interval of the macro recall, the balanced accuracy, from class numbers int `[n]`."""

    def macro_recall(targets: np.ndarray, predicted: np.ndarray, axis: int) -> np.ndarray:
        right, images, _ = _counts(targets, predicted)
        return _mean_over_drawn(right / np.maximum(images, 1), images)

    return _interval((targets, predicted), macro_recall, draws, seed)


def macro_f1_interval(
    targets: np.ndarray, predicted: np.ndarray, draws: int, seed: int
) -> list[float]:
    """The interval of the macro F1, from class numbers int `[n]`."""

    def macro_f1(targets: np.ndarray, predicted: np.ndarray, axis: int) -> np.ndarray:
        right, images, predictions = _counts(targets, predicted)
        return _mean_over_drawn(2 * right / np.maximum(images + predictions, 1), images)

    return _interval((targets, predicted), macro_f1, draws, seed)


def _interval(
    samples: tuple[np.ndarray, ...], statistic: Callable[..., np.ndarray], draws: int, seed: int
) -> list[float]:
    if len(samples[0]) < 2:  # nothing to draw from; scipy refuses
        return [float(statistic(*samples, axis=-1))] * 2
    found = bootstrap(
        samples,
        statistic,
        n_resamples=draws,
        batch=BATCH,
        vectorized=True,
        paired=True,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return [float(found.low), float(found.high)]


def _counts(
    targets: np.ndarray, predicted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right answers, images and predictions of each class, int `[..., classes]`."""
    classes = int(max(targets.max(), predicted.max())) + 1
    shape = (*targets.shape[:-1], classes)
    draw = np.arange(int(np.prod(shape[:-1]))).reshape(*shape[:-1], 1)

    def count(numbers: np.ndarray, of: np.ndarray | None = None) -> np.ndarray:
        cells = (numbers + draw * classes).ravel()
        chosen = cells if of is None else cells[of.ravel()]
        return np.bincount(chosen, minlength=draw.size * classes).reshape(shape)

    return count(targets, targets == predicted), count(targets), count(predicted)


def _mean_over_drawn(scores: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The mean over the classes that a draw has images of."""
    mean: np.ndarray = np.mean(scores, axis=-1, where=images > 0)
    return mean
