"""Temperature scaling: probabilities that mean what they say."""

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

RANGE = (0.05, 20.0)


def fit_temperature(logits: Tensor, targets: Tensor) -> float:
    """The temperature that makes the validation images most likely.

    Guo et al., "On Calibration of Modern Neural Networks", 2017. The classes' order, and with it
    the accuracy, stays as it is.

    Args:
        logits: float `[n, classes]`.
        targets: class numbers, int64 `[n]`.
    """
    wide = logits.double()

    def negative_log_likelihood(log_temperature: float) -> float:
        temperature = torch.tensor(log_temperature, dtype=torch.float64).exp()
        return float(functional.cross_entropy(wide / temperature, targets))

    low, high = (float(torch.tensor(bound).log()) for bound in RANGE)
    found = minimize_scalar(negative_log_likelihood, bounds=(low, high), method="bounded")
    return round(float(torch.tensor(found.x).exp()), 4)
