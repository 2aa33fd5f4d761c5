"""Annoy as the search engine (Bernhardsson, github.com/spotify/annoy): random projection trees."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from annoy import AnnoyIndex

from lookalike.core.progress import track

METRIC: Literal["angular"] = "angular"
MOST_NODES = 2**31 - 1  # Annoy counts in 32 bits


def build(vectors: np.ndarray, path: Path, trees: int, seed: int) -> None:
    """Build an index over float32 vectors `[n, d]` and save it.

    Built with one thread: with more, Annoy's file is not a function of its input.
    """
    engine = AnnoyIndex(vectors.shape[1], METRIC)
    engine.set_seed(seed)
    for row in track(range(len(vectors)), "indexing", total=len(vectors)):
        engine.add_item(row, vectors[row])
    engine.build(trees, n_jobs=1)
    engine.save(str(path))


class AnnoySearcher:
    """A saved index, memory-mapped.

    Args:
        path: the index file.
        dimension: the size of its vectors.
        search_k: how many nodes a query inspects.

    Raises:
        OSError: the file cannot be mapped or does not hold vectors of this size.
    """

    def __init__(self, path: Path, dimension: int, search_k: int) -> None:
        self._engine = AnnoyIndex(dimension, METRIC)
        self._engine.load(str(path))
        self._search_k = search_k

    def __len__(self) -> int:
        return int(self._engine.get_n_items())

    def nearest(self, vector: Sequence[float], k: int) -> list[int]:
        """Up to `k` rows, nearest first."""
        # The same row can be met once in every tree: fewer nodes may give fewer than k rows
        nodes = max(self._search_k, min(k * self._engine.get_n_trees(), MOST_NODES))
        rows: list[int] = self._engine.get_nns_by_vector(vector, k, nodes)
        return rows

    def vector(self, row: int) -> list[float]:
        """The indexed vector of a row."""
        vector: list[float] = self._engine.get_item_vector(row)
        return vector
