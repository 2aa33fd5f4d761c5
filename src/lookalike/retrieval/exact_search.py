"""Exact search by any metric: every vector is looked at, and equal ones are ordered by row."""

from functools import cached_property
from typing import Literal

import numpy as np

from lookalike.retrieval.vectors import Found, Vectors, inverse, inverse_lengths

Metric = Literal["angular", "euclidean", "dot"]

# Of so many rows, products with the rows themselves cost less than with all vectors
FEW_ROWS = 10_000
# Relative; sums in another order differ by less
ROUNDING = 1e-5
QUERIES_AT_ONCE = 256
# Of many vectors fewer, so that a block of scores stays at 128 MB
SCORES_AT_ONCE = 2**25


class ExactSearch:
    """The nearest of `Vectors`; it keeps nothing but a number a vector beside them.

    A product of matrices tells which rows may be among the nearest. Those are compared by products
    of their own, which are equal where rows are: in a product of matrices their last bits may
    differ, as one query's may from the same one's among others.
    """

    def __init__(self, vectors: Vectors, metric: Metric) -> None:
        self._vectors = vectors
        self._metric = metric
        # What a product is multiplied by, or what is taken from it
        self._terms = inverse(vectors.lengths) if metric == "angular" else vectors.lengths**2

    def __len__(self) -> int:
        return len(self._vectors.values)

    def nearest(self, query: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        """Up to `k` rows nearest to a float32 vector `[d]`, equally near ones by row.

        Args:
            query: the vector.
            k: how many.
            rows: look among these only, int64, rising; None: among all.
        """
        if rows is not None and len(rows) <= FEW_ROWS:
            return self._ranked(query, k, rows)
        scores = self._nearness(self._vectors.values @ query, self._terms)
        if rows is None:
            return self._ranked(query, k, self._contenders(scores, query, k))
        return self._ranked(query, k, rows[self._contenders(scores[rows], query, k)])

    def nearest_of_each(self, queries: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        """As `nearest`, for several vectors `[n, d]` at once; -1 where there are fewer than `k`."""
        values = self._vectors.values if rows is None else self._vectors.values[rows]
        terms = self._terms if rows is None else self._terms[rows]
        found = np.full((len(queries), k), -1, np.int64)
        cosines = np.zeros((len(queries), k), np.float32)
        at_once = max(1, min(QUERIES_AT_ONCE, SCORES_AT_ONCE // len(values)))
        for start in range(0, len(queries), at_once):
            block = queries[start : start + at_once]
            for number, scores in enumerate(self._nearness(block @ values.T, terms), start):
                contenders = self._contenders(scores, queries[number], k)
                some = contenders if rows is None else rows[contenders]
                best = self._ranked(queries[number], k, some)
                found[number, : len(best.rows)] = best.rows
                if best.cosines is not None:
                    cosines[number, : len(best.rows)] = best.cosines
        return Found(found, cosines if self._metric == "angular" else None)

    def nearness(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Numbers that fall with the distance of rows `[n, k]` from queries `[n, d]`.

        By the metric, and to be compared for one query only; what is no row, -1, is far away.
        """
        near = self._nearness(self._vectors.products(queries, rows), self._terms[rows])
        return np.where(rows < 0, np.float32(-np.inf), near)

    def _ranked(self, query: np.ndarray, k: int, rows: np.ndarray) -> Found:
        """The first `k` of some rows, which rise."""
        parts = range(0, max(1, len(rows)), FEW_ROWS)
        near = np.concatenate(
            [self.nearness(query[None], rows[None, start : start + FEW_ROWS])[0] for start in parts]
        )
        best = np.argsort(-near, kind="stable")[:k]
        angular = self._metric == "angular"
        return Found(rows[best], near[best] * inverse_lengths(query) if angular else None)

    def _contenders(self, scores: np.ndarray, query: np.ndarray, k: int) -> np.ndarray:
        """The places that are among the `k` highest, or would be with other rounding; rising."""
        if k >= len(scores):
            return np.arange(len(scores))
        border = np.partition(scores, -k)[-k] - self._rounding(query)
        return np.flatnonzero(scores >= border)

    def _rounding(self, query: np.ndarray) -> float:
        length = float(np.linalg.norm(query))
        if self._metric == "angular":
            return ROUNDING * length
        added = self._longest if self._metric == "euclidean" else 0.0
        return ROUNDING * self._longest * (2 * length + added)

    @cached_property
    def _longest(self) -> float:
        return float(self._vectors.lengths.max())

    def _nearness(self, products: np.ndarray, terms: np.ndarray) -> np.ndarray:
        """From dot products with some rows, in place: they may be many."""
        if self._metric == "angular":
            products *= terms
        elif self._metric == "euclidean":  # |q - v|² = |q|² + |v|² - 2qv
            products *= 2
            products -= terms
        return products
