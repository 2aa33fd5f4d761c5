"""Exact search by any metric: every vector is looked at, and equal ones are ordered by row."""

from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from lookalike.retrieval.neighbors import exact_neighbors, highest
from lookalike.retrieval.vectors import Found, Vectors, inverse, inverse_lengths

Metric = Literal["angular", "euclidean", "dot"]

# Of so many rows, products with the rows themselves cost less than with all vectors
FEW_ROWS = 10_000
# Relative; sums in another order differ by less
ROUNDING = 1e-5


class ExactSearch:
    """The nearest of `Vectors`; it keeps nothing but a number a vector beside them."""

    def __init__(self, vectors: Vectors, metric: Metric) -> None:
        self._vectors = vectors
        self._metric = metric
        self._values = torch.from_numpy(vectors.values)
        # What a product is multiplied by, or what is taken from it
        terms = inverse(vectors.lengths) if metric == "angular" else vectors.lengths**2
        self._terms = torch.from_numpy(terms)

    def __len__(self) -> int:
        return len(self._vectors.values)

    def nearest(self, query: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        """Up to `k` rows nearest to a float32 vector `[d]`, equally near ones by row.

        Args:
            query: the vector.
            k: how many.
            rows: look among these only, int64, rising; None: among all.
        """
        if rows is None or len(rows) > FEW_ROWS:
            rows = self._contenders(query, k, rows)
        # One by one equal rows have equal products; of a matrix the last bits may differ
        parts = range(0, len(rows), FEW_ROWS)
        near = [self.nearness(query[None], rows[None, start : start + FEW_ROWS]) for start in parts]
        best = highest(torch.from_numpy(np.concatenate(near, axis=1)), min(k, len(rows)))
        return Found(rows[best.indices[0].numpy()], self._cosines(best.values[0].numpy(), query))

    def nearest_of_each(self, queries: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        """As `nearest`, for several vectors `[n, d]` at once; -1 where there are fewer than `k`."""
        values = self._values if rows is None else self._values[torch.from_numpy(rows)]
        terms = self._terms if rows is None else self._terms[torch.from_numpy(rows)]
        found = np.full((len(queries), k), -1, np.int64)
        near = np.zeros((len(queries), k), np.float32)
        for block in exact_neighbors(
            torch.from_numpy(queries), values, k, nearness=lambda x: self._nearness(x, terms)
        ):
            some = slice(block.start, block.stop), slice(0, block.indices.shape[1])
            indices = block.indices.numpy()
            found[some] = indices if rows is None else rows[indices]
            near[some] = block.similarities.numpy()
        return Found(found, self._cosines(near, queries))

    def nearness(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Numbers that fall with the distance of rows `[n, k]` from queries `[n, d]`.

        By the metric, and to be compared for one query only; what is no row, -1, is far away.
        """
        products = torch.from_numpy(self._vectors.products(queries, rows))
        near = self._nearness(products, self._terms[torch.from_numpy(rows)]).numpy()
        return np.where(rows < 0, np.float32(-np.inf), near)

    def _contenders(self, query: np.ndarray, k: int, rows: np.ndarray | None) -> np.ndarray:
        """The rows that are among the `k` nearest, or would be with other rounding; rising."""
        scores = self._nearness(self._values @ torch.from_numpy(query), self._terms)
        if rows is not None:
            inside = torch.zeros(len(scores), dtype=torch.bool)
            inside[torch.from_numpy(rows)] = True
            scores[~inside] = -torch.inf
        most = len(scores) if rows is None else len(rows)
        border = scores.topk(min(k, most)).values[-1] - self._rounding(query)
        contenders: np.ndarray = torch.nonzero(scores >= border).flatten().numpy()
        return contenders

    def _rounding(self, query: np.ndarray) -> float:
        length = float(np.linalg.norm(query))
        if self._metric == "angular":
            return ROUNDING * length
        added = self._longest if self._metric == "euclidean" else 0.0
        return ROUNDING * self._longest * (2 * length + added)

    @cached_property
    def _longest(self) -> float:
        return float(self._vectors.lengths.max())

    def _nearness(self, products: Tensor, terms: Tensor) -> Tensor:
        """From dot products with some rows, in place: they may be many."""
        if self._metric == "angular":
            products *= terms
        elif self._metric == "euclidean":  # |q - v|² = |q|² + |v|² - 2qv
            products *= 2
            products -= terms
        return products

    def _cosines(self, near: np.ndarray, queries: np.ndarray) -> np.ndarray | None:
        return near * inverse_lengths(queries) if self._metric == "angular" else None
