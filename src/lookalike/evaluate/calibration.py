"""Does a probability of 0.9 mean nine right predictions in ten?"""

import numpy as np
from sklearn.calibration import calibration_curve
from torch import Tensor

BINS = 15


def expected_calibration_error(targets: Tensor, probabilities: Tensor) -> float:
    """The mean gap between probability and accuracy of the likeliest class, over 15 equal bins.

    Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.

    Args:
        targets: class numbers, int64 `[n]`.
        probabilities: float `[n, classes]`.
    """
    right, probability = _likeliest(targets, probabilities)
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], probability)
    gaps = np.bincount(bins, weights=right - probability)  # of each bin, times its images
    return float(np.abs(gaps).sum() / len(targets))


def reliability(targets: Tensor, probabilities: Tensor) -> list[tuple[float, float]]:
    """`(mean probability, accuracy)` of the likeliest class in each of the bins that have images.

    The points of a reliability diagram: on the diagonal where the model means what it says.
    """
    accuracy, probability = calibration_curve(*_likeliest(targets, probabilities), n_bins=BINS)
    pairs = np.stack([probability, accuracy], axis=1)
    return [(float(p), float(a)) for p, a in pairs]


def _likeliest(targets: Tensor, probabilities: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Whether the likeliest class is right, and its probability: bool and float64 `[n]`."""
    best = probabilities.max(dim=1)
    return (best.indices == targets).numpy(), best.values.double().numpy()
