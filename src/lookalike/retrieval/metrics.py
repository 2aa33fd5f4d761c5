"""Ranking metrics, a value for each query.

All take `matches`, a boolean tensor `[queries, k]`: is the query's j-th nearest neighbor of its
class? Relevant are the gallery images of the query's class, the query itself left out; R is their
number. Names and values are those of `AccuracyCalculator` of pytorch-metric-learning (Musgrave,
Belongie, Lim: "A Metric Learning Reality Check", 2020), which has no recall at k.
"""

import torch
from torch import Tensor


def recall_at_k(matches: Tensor, k: int) -> Tensor:
    """1 where one of the first `k` neighbors is of the query's class, else 0; float `[queries]`.

    The measure of metric learning (Jégou, Douze, Schmid: "Product quantization for nearest neighbor
    search", 2011; Oh Song et al., 2016), not the share of the relevant images that were found.
    """
    return matches[:, :k].any(dim=1).float()


def precision_at_k(matches: Tensor, k: int) -> Tensor:
    """The share of the first `k` neighbors that are of the query's class; float `[queries]`.

    Raises:
        ValueError: fewer than `k` columns.
    """
    if k > matches.shape[1]:
        raise ValueError(f"precision at {k} in {matches.shape[1]} ranks")
    return matches[:, :k].float().mean(dim=1)


def average_precision_at_r(matches: Tensor, relevant: Tensor) -> Tensor:
    """The mean over the first R ranks of precision where they match; float `[queries]`.

    A perfect ranking gives 1 (section 3.2 of the paper).

    Args:
        matches: at least `max(relevant)` columns.
        relevant: R for each query, int64 `[queries]`, at least 1.

    Raises:
        ValueError: too few columns, or a query with nothing to find.
    """
    counted = _first_r(matches, relevant)
    precision = counted.cumsum(dim=1) / torch.arange(1, matches.shape[1] + 1)
    return ((precision * counted).sum(dim=1) / relevant).float()


def r_precision(matches: Tensor, relevant: Tensor) -> Tensor:
    """The share of the first R neighbors that are of the query's class; float `[queries]`.

    Arguments and errors are those of `average_precision_at_r`.
    """
    return (_first_r(matches, relevant).sum(dim=1) / relevant).float()


def reciprocal_rank(matches: Tensor) -> Tensor:
    """1 over the rank of the first match, 0 where none of the ranks matches; float `[queries]`."""
    first = matches.int().argmax(dim=1)  # of equal values the first
    return matches.any(dim=1) / (first + 1.0)


def _first_r(matches: Tensor, relevant: Tensor) -> Tensor:
    """The matches of each query within its first R ranks."""
    if relevant.min() < 1 or relevant.max() > matches.shape[1]:
        raise ValueError(f"R from {relevant.min()} to {relevant.max()} in {matches.shape[1]} ranks")
    return matches & (torch.arange(1, matches.shape[1] + 1) <= relevant[:, None])
