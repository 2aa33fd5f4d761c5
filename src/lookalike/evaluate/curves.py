"""Precision against recall and ROC, over all pairs of a test image and a class (micro average)."""

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

# As many points of a curve are kept: enough for the eye, and little for Git.
POINTS = 200

Curve = list[tuple[float, float]]


def precision_recall(targets: np.ndarray, probabilities: np.ndarray) -> Curve:
    """`(recall, precision)` as the threshold on the probability falls.

    Args:
        targets: class numbers, int `[n]`.
        probabilities: float `[n, classes]`.
    """
    precision, recall, _ = precision_recall_curve(
        *_pairs(targets, probabilities), drop_intermediate=True
    )
    return _thinned(recall[::-1], precision[::-1])


def roc(targets: np.ndarray, probabilities: np.ndarray) -> Curve:
    """`(false positive rate, true positive rate)` as the threshold on the probability falls."""
    false_positives, true_positives, _ = roc_curve(*_pairs(targets, probabilities))
    return _thinned(false_positives, true_positives)


def _pairs(targets: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    of_class = targets[:, None] == np.arange(probabilities.shape[1])
    return of_class.ravel(), probabilities.ravel()


def _thinned(x: np.ndarray, y: np.ndarray) -> Curve:
    kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
    return [(float(a), float(b)) for a, b in zip(x[kept], y[kept], strict=True)]
