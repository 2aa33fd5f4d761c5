"""The indexed vectors, and what a search finds among them."""

import math
from typing import NamedTuple

import numpy as np

BLOCK = 65_536  # rows read at once
QUERIES_AT_ONCE = 64  # whose neighbors' vectors stay in the processor's cache
TINY = float(np.finfo(np.float32).tiny)


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

    def products(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Dot products of a query `[d]` with rows `[k]`, or of several `[n, d]` each with its own.

        Equal rows give equal products: in a product of matrices their last bits may differ.
        """
        if queries.ndim == 1:
            one: np.ndarray = np.vecdot(self.values.take(rows, axis=0), queries)
            return one
        products = np.empty(rows.shape, np.float32)
        for start in range(0, len(rows), QUERIES_AT_ONCE):
            block = slice(start, start + QUERIES_AT_ONCE)
            found = self.values.take(rows[block], axis=0)
            products[block] = np.vecdot(found, queries[block, None])
        return products

    def cosines(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """As `products`, divided by the lengths; a vector of zeros is like nothing."""
        products = self.products(queries, rows)
        cosines: np.ndarray = products * inverse(self.lengths[rows]) * inverse_lengths(queries)
        return cosines

    def without(self, rows: np.ndarray) -> "Vectors":
        """A copy that lacks some rows."""
        return Vectors(np.delete(self.values, rows, axis=0), np.delete(self.lengths, rows))


class Found(NamedTuple):
    """What an engine found, nearest first.

    Attributes:
        rows: int64 `[k]`; of several queries `[n, k]`, -1 where there are fewer.
        cosines: float32, of the same shape, where the engine's own distances tell them; else None.
    """

    rows: np.ndarray
    cosines: np.ndarray | None


def inverse(lengths: np.ndarray) -> np.ndarray:
    """What a product is multiplied by to be divided by lengths, of which some may be 0."""
    inverse: np.ndarray = 1 / np.maximum(lengths, TINY)
    return inverse


def inverse_lengths(queries: np.ndarray) -> np.ndarray | float:
    """Of one query `[d]` a number, of several `[n, d]` a column."""
    if queries.ndim == 1:
        return 1 / max(math.sqrt(queries.dot(queries)), TINY)
    return inverse(np.sqrt(np.vecdot(queries, queries)))[:, None]
