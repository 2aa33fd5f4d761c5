"""Does a probability of 0.9 mean nine right predictions in ten?"""

import numpy as np
from sklearn.calibration import calibration_curve
from torch import Tensor

import lookalike.model.vision  # noqa: F401  torchmetrics imports torchvision, which this mends

# isort: split
from torchmetrics.functional.classification import multiclass_calibration_error

BINS = 15


def expected_calibration_error(targets: Tensor, probabilities: Tensor) -> float:
    """The mean gap between probability and accuracy of the likeliest class, over 15 equal bins.

    Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.

    Args:
        targets: class numbers, int64 `[n]`.
        probabilities: float `[n, classes]`.
    """
    classes = probabilities.shape[1]
    return float(multiclass_calibration_error(probabilities, targets, classes, n_bins=BINS))


def reliability(targets: Tensor, probabilities: Tensor) -> list[tuple[float, float]]:
    """`(mean probability, accuracy)` of the likeliest class in each of the bins that have images.

    The points of a reliability diagram: on the diagonal where the model means what it says.
    """
    best = probabilities.max(dim=1)
    right = (best.indices == targets).numpy()
    accuracy, probability = calibration_curve(right, best.values.double().numpy(), n_bins=BINS)
    pairs = np.stack([probability, accuracy], axis=1)
    return [(float(p), float(a)) for p, a in pairs]
