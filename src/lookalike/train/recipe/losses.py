"""Losses over class scores, by name: summed over the classes, averaged over the images."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

# From scores `[n, classes]` and each image's share of each class, `[n, classes]`, to the mean loss.
ScoreLossFunction = Callable[[Tensor, Tensor], Tensor]


def score_loss(name: str, label_smoothing: float, classes: int) -> ScoreLossFunction:
    """A loss of class scores `[n, classes]` against targets.

    Targets are class numbers, int64 `[n]`, or shares, float `[n, classes]`. Label smoothing gives a
    part of each target to all classes alike (Szegedy et al., "Rethinking the Inception
    Architecture", 2016).
    """
    function = LOSSES[name]

    def loss(scores: Tensor, targets: Tensor) -> Tensor:
        if targets.ndim == 1:
            targets = functional.one_hot(targets, classes).to(scores.dtype)
        return function(scores, targets * (1 - label_smoothing) + label_smoothing / classes)

    return loss


def cross_entropy(scores: Tensor, shares: Tensor) -> Tensor:
    """The negative logarithm of the probability that softmax gives to the right class."""
    return functional.cross_entropy(scores, shares)


def bce(scores: Tensor, shares: Tensor) -> Tensor:
    """Binary cross-entropy, each class for itself.

    Wightman, Touvron and Jégou, "ResNet Strikes Back", 2021.
    """
    every = functional.binary_cross_entropy_with_logits(scores, shares, reduction="none")
    return every.sum(dim=1).mean()


def cosine(scores: Tensor, shares: Tensor) -> Tensor:
    """One less the cosine of scores and shares.

    Barz and Denzler, "Deep Learning on Small Datasets without Pre-Training using Cosine Loss",
    2020.
    """
    return (1 - functional.cosine_similarity(scores, shares, dim=1)).mean()


def mae(scores: Tensor, shares: Tensor) -> Tensor:
    """Absolute difference of probabilities and shares.

    Ghosh et al., "Robust Loss Functions under Label Noise for Deep Neural Networks", 2017.
    """
    return (scores.softmax(dim=1) - shares).abs().sum(dim=1).mean()


def msle(scores: Tensor, shares: Tensor) -> Tensor:
    """Squared difference of `log(1 + p)` of probabilities and shares, as Keras has it."""
    return (scores.softmax(dim=1).log1p() - shares.log1p()).square().sum(dim=1).mean()


def squared_hinge(scores: Tensor, shares: Tensor) -> Tensor:
    """Squared distance of each score to the right side of a margin of 1.

    Tang, "Deep Learning using Linear Support Vector Machines", 2013.
    """
    return (1 - scores * (2 * shares - 1)).clamp(min=0).square().sum(dim=1).mean()


LOSSES: dict[str, ScoreLossFunction] = {
    function.__name__: function
    for function in (cross_entropy, bce, cosine, mae, msle, squared_hinge)
}
