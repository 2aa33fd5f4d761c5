"""The indexed vectors and what makes two of them near."""

from typing import NamedTuple

import numpy as np

from lookalike.index.params import Metric

BLOCK = 65_536  # rows read at once
TINY = np.finfo(np.float32).tiny


class Vectors(NamedTuple):
    """Vectors with their lengths; both may be memory-mapped.

    Attributes:
        values: float32 `[n, d]`.
        lengths: Euclidean, float32 `[n]`.
    """

    values: np.ndarray
    lengths: np.ndarray

    @classmethod
    def measured(cls, values: np.ndarray) -> "Vectors":
        """Vectors of which the lengths are not known yet."""
        lengths = np.empty(len(values), np.float32)
        for start in range(0, len(values), BLOCK):
            block = values[start : start + BLOCK]
            squares = np.einsum("nd,nd->n", block, block, dtype=np.float64)
            lengths[start : start + BLOCK] = np.sqrt(squares)
        return cls(values, lengths)

    def products(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Dot products of a query `[d]` with some rows `[k]`; equal rows give equal products.

        Of several queries `[n, d]`, each with its own rows `[n, k]`.
        """
        # Not as a matrix product: there, equal rows may differ in their last bits
        axes = "kd,d->k" if query.ndim == 1 else "nkd,nd->nk"
        products: np.ndarray = np.einsum(axes, self.values[rows], query)
        return products

    def without(self, rows: np.ndarray) -> "Vectors":
        """A copy that lacks some rows."""
        return Vectors(np.delete(self.values, rows, axis=0), np.delete(self.lengths, rows))


def nearness(products: np.ndarray, lengths: np.ndarray, metric: Metric) -> np.ndarray:
    """Turn dot products with a query into numbers that fall with the distance from it.

    Args:
        products: of a query, or of several, with vectors, float32 `[..., n]`.
        lengths: of those vectors.
        metric: angular gives the cosine times the query's length; euclidean, from
            `|q - v|² = |q|² + |v|² - 2qv`, the negative square of the distance plus `|q|²`.
    """
    near = products
    if metric == "angular":
        near = products / np.maximum(lengths, TINY)
    elif metric == "euclidean":
        near = 2 * products - lengths * lengths
    return near
