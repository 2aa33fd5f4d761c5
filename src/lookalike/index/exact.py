"""Exact search: every vector is looked at. What the other engines are measured against."""

from pathlib import Path

import numpy as np
import torch

from lookalike.index.params import IndexParams, Metric
from lookalike.index.vectors import Vectors
from lookalike.retrieval.neighbours import highest

# Numbers in memory at once: 64 MB
MOST_SCORES = 2**24
QUERIES_AT_ONCE = 256
ALL = slice(None)


class Exact:
    """The vectors themselves are the index."""

    def __init__(self, vectors: Vectors, metric: Metric) -> None:
        self._vectors = vectors
        self._metric = metric
        self._inverse_lengths = vectors.inverse_lengths()

    @classmethod
    def open(cls, _path: Path, vectors: Vectors, params: IndexParams) -> "Exact":
        """The engine of a bundle: the file of the vectors is its own."""
        return cls(vectors, params.metric)

    def __len__(self) -> int:
        return len(self._vectors.values)

    def nearest(self, query: np.ndarray, k: int) -> np.ndarray:
        scores = self._nearness(self._vectors.values @ query)
        return torch.from_numpy(scores).topk(min(k, len(self))).indices.numpy()

    def nearest_of_each(self, queries: np.ndarray, k: int) -> np.ndarray:
        found = np.full((len(queries), k), -1, np.int64)
        at_once = max(1, min(QUERIES_AT_ONCE, MOST_SCORES // len(self)))
        for start in range(0, len(queries), at_once):
            block = slice(start, start + at_once)
            scores = self._nearness(queries[block] @ self._vectors.values.T)
            best = highest(torch.from_numpy(scores), min(k, len(self)))
            found[block, : len(self)] = best.indices.numpy()
        return found

    def nearness(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Numbers that fall with the distance of rows `[n, k]` from queries `[n, d]`.

        By the metric, and to be compared for one query only; what is no row, -1, is far away.
        """
        near = self._nearness(self._vectors.products(queries, rows), rows)
        return np.where(rows < 0, -np.inf, near)

    def _nearness(self, products: np.ndarray, rows: np.ndarray | slice = ALL) -> np.ndarray:
        """From dot products with some rows, in place: they may be many."""
        if self._metric == "angular":
            products *= self._inverse_lengths[rows]
        elif self._metric == "euclidean":  # |q - v|² = |q|² + |v|² - 2qv
            products *= 2
            products -= self._vectors.lengths[rows] ** 2
        return products
