"""Labels that are likely wrong, by what looks like their images.

Confident learning (Northcutt, Jiang, Chuang: Confident learning: estimating uncertainty in dataset
labels, JAIR 2021) says from out-of-sample scores how many labels are wrong; ranking by margin says
which.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from lookalike.review.out_of_sample import out_of_sample_scores


class LabelErrors(NamedTuple):
    """Images by how likely their label is wrong.

    Attributes:
        rows: int64 `[n]`, the likeliest errors first.
        margins: float `[n]`, in the same order: by how much another class fits better; negative
            where the own class fits best.
        likely: int64 `[n]`, in the same order: the other class that fits best.
        number: how many of the first are likely wrong.
    """

    rows: Tensor
    margins: Tensor
    likely: Tensor
    number: int


def find_label_errors(vectors: Tensor, targets: Tensor) -> LabelErrors:
    """Rank images by how likely their label is wrong.

    Args:
        vectors: unit vectors `[n, d]`, a row an image.
        targets: int64 `[n]`, the class of each, from 0; every class up to the highest occurs.
    """
    scores = out_of_sample_scores(vectors, targets)
    margins, likely = _margins(scores, targets)
    rows = margins.argsort(descending=True, stable=True)
    number = min(_estimated_errors(scores, targets), int((margins > 0).sum()))
    return LabelErrors(rows, margins[rows], likely[rows], number)


def _margins(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The best score of another class less that of the own, and which class that is."""
    own = scores.gather(1, targets[:, None]).squeeze(1)
    others = scores.scatter(1, targets[:, None], -torch.inf)
    best = others.max(dim=1)
    return best.values - own, best.indices


def _estimated_errors(scores: Tensor, targets: Tensor) -> int:
    """How many labels are wrong, by the confident joint.

    An image is confidently of a class where its score there is at least the mean score of the
    images that are labeled so; of several such classes, of that with the highest score. The wrong
    labels of a class are the same share of all its images as of those that are confidently of any.
    """
    classes = scores.shape[1]
    own = scores.gather(1, targets[:, None]).squeeze(1)
    counts = torch.bincount(targets, minlength=classes)
    thresholds = torch.zeros(classes, dtype=own.dtype).index_add(0, targets, own) / counts
    confident = scores.masked_fill(scores < thresholds, -torch.inf).max(dim=1)
    sure = confident.values > -torch.inf
    wrong = sure & (confident.indices != targets)
    share = torch.bincount(targets[wrong], minlength=classes) / torch.bincount(
        targets[sure], minlength=classes
    ).clamp(min=1)
    return round(float((counts * share).sum()))
