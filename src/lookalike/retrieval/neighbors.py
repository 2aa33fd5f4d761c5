"""Exact nearest neighbors by cosine similarity: the ground truth for everything else."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

QUERIES_AT_ONCE = 256
# With a large gallery fewer, so that a block of similarities stays at 128 MB.
SIMILARITIES_AT_ONCE = 2**25

# The product of a few rows takes another path through the linear algebra library, where sums differ
# in the last bits, even between equal rows of the gallery: they would not tie.
FEWEST_ROWS = 16


class Highest(NamedTuple):
    """The highest scores of each row, highest first: both `[n, k]`."""

    values: Tensor
    indices: Tensor


class Neighbors(NamedTuple):
    """The nearest rows of a gallery, best first, for queries `start` to `stop`.

    Attributes:
        indices: int64 `[queries, k]`, rows of the gallery.
        similarities: float32 `[queries, k]`: cosines, or what `nearness` made of the products.
    """

    start: int
    stop: int
    indices: Tensor
    similarities: Tensor


def exact_neighbors(
    queries: Tensor,
    gallery: Tensor,
    k: int,
    query_rows: Tensor | None = None,
    nearness: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Neighbors]:
    """Find the `k` nearest gallery rows of each query, a block of queries at a time.

    Equal similarities are ordered by row, so the result is a function of the vectors alone. The
    whole matrix of similarities is never in memory.

    Args:
        queries: `[n, d]`, rows of length 1 where similarities should be cosines.
        gallery: `[m, d]`, likewise.
        k: how many neighbors; fewer are given where the gallery has fewer.
        query_rows: int64 `[n]`, the row of the gallery that is the query itself and therefore no
            neighbor; None where the queries are not part of the gallery.
        nearness: what to rank by, from dot products with every row `[q, m]`, which it may change
            in place; None: the products themselves, cosines where rows are of length 1.

    Raises:
        ValueError: shapes that do not fit, or a `k` below 1.
    """
    if queries.ndim != 2 or gallery.ndim != 2 or queries.shape[1] != gallery.shape[1]:
        raise ValueError(f"cannot compare {tuple(queries.shape)} with {tuple(gallery.shape)}")
    if k < 1:
        raise ValueError(f"k = {k}: should be at least 1")
    k = min(k, len(gallery) - (query_rows is not None))
    at_once = min(QUERIES_AT_ONCE, SIMILARITIES_AT_ONCE // max(len(gallery), 1))
    at_once = max(at_once, FEWEST_ROWS)
    for start in range(0, len(queries), at_once):
        stop = min(start + at_once, len(queries))
        similarities = _product(queries[start:stop], gallery)
        if nearness is not None:
            similarities = nearness(similarities)
        if query_rows is not None:
            similarities.scatter_(1, query_rows[start:stop, None], -torch.inf)
        best = highest(similarities, k)
        yield Neighbors(start, stop, best.indices, best.values)


def highest(scores: Tensor, k: int) -> Highest:
    """The `k` highest of each row of `[n, m]`, k at most m; equal ones by their column."""
    values, indices = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    # Where the last one ties with the next, topk may have taken any of several
    tied = values[:, k - 1] == values[:, -1] if values.shape[1] > k else None
    values, indices = values[:, :k], indices[:, :k]
    by_column = indices.argsort(dim=1)
    values, indices = values.gather(1, by_column), indices.gather(1, by_column)
    values, order = values.sort(dim=1, descending=True, stable=True)
    indices = indices.gather(1, order)
    if tied is not None and tied.any():
        ordered = scores[tied].sort(dim=1, descending=True, stable=True)
        indices[tied] = ordered.indices[:, :k]
    return Highest(values, indices)


def _product(queries: Tensor, gallery: Tensor) -> Tensor:
    missing = max(0, FEWEST_ROWS - len(queries))
    return (pad(queries, (0, 0, 0, missing)) @ gallery.T)[: len(queries)]
