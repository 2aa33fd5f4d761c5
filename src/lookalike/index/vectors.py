"""The indexed vectors."""

from typing import NamedTuple

import numpy as np

BLOCK = 65_536  # rows read at once
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

    def products(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Dot products of a query `[d]` with some rows `[k]`; equal rows give equal products.

        Of several queries `[n, d]`, each with its own rows `[n, k]`.
        """
        # Not as a matrix product: there, equal rows may differ in their last bits
        found = self.values.take(rows, axis=0)
        products: np.ndarray = np.vecdot(found, query if query.ndim == 1 else query[:, None])
        return products

    def inverse_lengths(self) -> np.ndarray:
        """What a product is multiplied by to become a cosine; a vector of zeros is like nothing."""
        inverse: np.ndarray = 1 / np.maximum(self.lengths, TINY)
        return inverse

    def without(self, rows: np.ndarray) -> "Vectors":
        """A copy that lacks some rows."""
        return Vectors(np.delete(self.values, rows, axis=0), np.delete(self.lengths, rows))
