"""Ranking metrics, a value for each query.

All take `matches`, a boolean tensor `[queries, k]`: is the query's j-th nearest neighbour of its
class? Relevant are the gallery images of the query's class, the query itself left out.
"""

import torch
from torch import Tensor


def recall_at_k(matches: Tensor, k: int) -> Tensor:
    """1 where one of the first `k` neighbours is of the query's class, else 0; float `[queries]`.

    The measure of metric learning (Jégou, Douze, Schmid: "Product quantization for nearest neighbor
    search", 2011; Oh Song et al., 2016), not the share of the relevant images that were found.
    """
    return matches[:, :k].any(dim=1).float()


def average_precision_at_r(matches: Tensor, relevant: Tensor) -> Tensor:
    """The mean over the first R ranks of precision where they match; float `[queries]`.

    R is the number of relevant images, so a perfect ranking gives 1 (Musgrave, Belongie, Lim: "A
    Metric Learning Reality Check", 2020, section 3.2).

    Args:
        matches: at least `max(relevant)` columns.
        relevant: R for each query, int64 `[queries]`, at least 1.

    Raises:
        ValueError: too few columns, or a query with nothing to find.
    """
    if relevant.min() < 1 or relevant.max() > matches.shape[1]:
        raise ValueError(f"R from {relevant.min()} to {relevant.max()} in {matches.shape[1]} ranks")
    ranks = torch.arange(1, matches.shape[1] + 1)
    counted = matches & (ranks <= relevant[:, None])
    precision = counted.cumsum(dim=1) / ranks
    return ((precision * counted).sum(dim=1) / relevant).float()
