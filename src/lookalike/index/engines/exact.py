"""Exact search: every vector is looked at. What the other engines are measured against."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lookalike.index.params import IndexParams, Metric
from lookalike.retrieval.vectors import Found, Vectors, inverse, inverse_lengths

# Numbers in memory at once: 64 MB
MOST_SCORES = 2**24
QUERIES_AT_ONCE = 256


class Exact:
    """The vectors themselves are the index."""

    def __init__(self, vectors: Vectors, metric: Metric) -> None:
        self._vectors = vectors
        self._metric = metric
        self._values = torch.from_numpy(vectors.values)
        # What a product is multiplied by, or what is taken from it
        terms = inverse(vectors.lengths) if metric == "angular" else vectors.lengths**2
        self._terms = torch.from_numpy(terms)

    @classmethod
    def open(cls, _path: Path, vectors: Vectors, params: IndexParams) -> "Exact":
        """The engine of a bundle: the file of the vectors is its own."""
        return cls(vectors, params.metric)

    def __len__(self) -> int:
        return len(self._vectors.values)

    def nearest(self, query: np.ndarray, k: int) -> Found:
        scores = self._nearness(self._values @ torch.from_numpy(query), self._terms)
        best = scores.topk(min(k, len(self)))
        return Found(best.indices.numpy(), self._cosines(best.values.numpy(), query))

    def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
        rows = np.full((len(queries), k), -1, np.int64)
        near = np.zeros((len(queries), k), np.float32)
        at_once = max(1, min(QUERIES_AT_ONCE, MOST_SCORES // len(self)))
        for start in range(0, len(queries), at_once):
            block = slice(start, start + at_once)
            products = torch.from_numpy(queries[block]) @ self._values.T
            scores = self._nearness(products, self._terms)
            best = scores.topk(min(k, len(self)), dim=1)
            rows[block, : len(self)] = best.indices.numpy()
            near[block, : len(self)] = best.values.numpy()
        return Found(rows, self._cosines(near, queries))

    def nearness(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Numbers that fall with the distance of rows `[n, k]` from queries `[n, d]`.

        By the metric, and to be compared for one query only; what is no row, -1, is far away.
        """
        products = torch.from_numpy(self._vectors.products(queries, rows))
        near = self._nearness(products, self._terms[torch.from_numpy(rows)]).numpy()
        return np.where(rows < 0, -np.inf, near)

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
