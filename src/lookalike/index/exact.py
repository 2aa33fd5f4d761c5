"""Exact search: every vector is looked at. What the other engines are measured against."""

from pathlib import Path

import numpy as np
import torch

from lookalike.index.params import IndexParams, Metric
from lookalike.index.vectors import Vectors, nearness
from lookalike.retrieval.neighbours import highest

# Numbers in memory at once: 64 MB
MOST_SCORES = 2**24
QUERIES_AT_ONCE = 256


class Exact:
    """The vectors themselves are the index."""

    def __init__(self, vectors: Vectors, metric: Metric) -> None:
        self._vectors = vectors
        self._metric = metric

    @classmethod
    def open(cls, _path: Path, vectors: Vectors, params: IndexParams) -> "Exact":
        """The engine of a bundle: the file of the vectors is its own."""
        return cls(vectors, params.metric)

    def __len__(self) -> int:
        return len(self._vectors.values)

    def nearest(self, query: np.ndarray, k: int) -> np.ndarray:
        products = self._vectors.values @ query
        scores = nearness(products, self._vectors.lengths, self._metric)
        return highest(torch.from_numpy(scores)[None], min(k, len(self))).indices[0].numpy()

    def nearest_of_each(self, queries: np.ndarray, k: int) -> np.ndarray:
        found = np.full((len(queries), k), -1, np.int64)
        at_once = max(1, min(QUERIES_AT_ONCE, MOST_SCORES // len(self)))
        for start in range(0, len(queries), at_once):
            block = slice(start, start + at_once)
            products = queries[block] @ self._vectors.values.T
            scores = nearness(products, self._vectors.lengths, self._metric)
            best = highest(torch.from_numpy(scores), min(k, len(self)))
            found[block, : len(self)] = best.indices.numpy()
        return found

    def nearness(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """How near rows `[n, k]` are to their queries `[n, d]`, by the metric; -1 is far away."""
        lengths = self._vectors.lengths[rows]
        near = nearness(self._vectors.products(queries, rows), lengths, self._metric)
        return np.where(rows < 0, -np.inf, near)
