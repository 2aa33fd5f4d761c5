"""Annoy as the search engine (Bernhardsson, github.com/spotify/annoy): random projection trees."""

from pathlib import Path

import numpy as np
from annoy import AnnoyIndex

from lookalike.index.params import MOST_NODES, IndexParams
from lookalike.retrieval.vectors import Found, Vectors
from lookalike.terminal.progress import track


def build(vectors: Vectors, path: Path, params: IndexParams) -> None:
    """Build an index in its file, so that memory need not hold it.

    With one thread: with more, Annoy's file is not a function of its input.

    Raises:
        ValueError: the number of trees is not chosen yet.
    """
    if params.trees is None:
        raise ValueError("how many trees?")
    engine = AnnoyIndex(vectors.values.shape[1], params.metric)
    engine.set_seed(params.seed)
    engine.on_disk_build(str(path))
    rows = track(range(len(vectors.values)), "indexing", total=len(vectors.values))
    for row in rows:
        engine.add_item(row, vectors.values[row])
    engine.build(params.trees, n_jobs=1)
    engine.unload()
    path.chmod(0o644)  # Annoy writes for the owner alone


class Annoy:
    """An index file, memory-mapped.

    Args:
        path: the index file.
        vectors: what it was built from.
        params: how it was built, and how many nodes a query inspects.

    Raises:
        OSError: the file cannot be mapped or does not hold vectors of this size.
    """

    def __init__(self, path: Path, vectors: Vectors, params: IndexParams) -> None:
        self._index = AnnoyIndex(vectors.values.shape[1], params.metric)
        self._index.load(str(path))
        self._trees = self._index.get_n_trees()
        self._search_k = params.search_k or 0
        self._angular = params.metric == "angular"

    def __len__(self) -> int:
        return int(self._index.get_n_items())

    def nearest(self, query: np.ndarray, k: int) -> Found:
        rows, cosines = self._search(query.tolist(), k)
        return self._found(np.array(rows, np.int64), np.array(cosines, np.float32))

    def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
        rows = np.full((len(queries), k), -1, np.int64)
        cosines = np.zeros((len(queries), k), np.float32)
        for number, query in enumerate(queries):  # as lists all at once they leave the cache
            some, near = self._search(query.tolist(), k)
            rows[number, : len(some)] = some
            cosines[number, : len(some)] = near
        return self._found(rows, cosines)

    def _search(self, query: list[float], k: int) -> tuple[list[int], list[float]]:
        # The same row can be met once in every tree: fewer nodes may give fewer than k rows
        nodes = max(self._search_k, min(k * self._trees, MOST_NODES))
        rows, distances = self._index.get_nns_by_vector(query, k, nodes, include_distances=True)
        # The angular distance is that of the vectors of length 1: its square is 2 - 2 cos
        return rows, [1 - distance * distance / 2 for distance in distances]

    def _found(self, rows: np.ndarray, cosines: np.ndarray) -> Found:
        return Found(rows, cosines if self._angular else None)
