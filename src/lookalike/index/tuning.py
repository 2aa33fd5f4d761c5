"""What engines choose their parameters by: recall that is counted, never time that is measured."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.index.recall import Search, evenly_spaced, recall_at_10
from lookalike.retrieval.exact_search import ExactSearch, Metric
from lookalike.retrieval.vectors import Vectors

MOST_HELD_OUT = 10  # at most every tenth vector
STEP = 2**0.5


class Trial(NamedTuple):
    """What an index and a search effort gave: a point of the curve.

    Attributes:
        engine: which one, and how it was built, as in `annoy, 10 trees`.
        effort: what a query inspects at most, in the engine's own unit.
        recall_at_10: see `recall_at_10`.
        file_bytes: the size of the index.
    """

    engine: str
    effort: int
    recall_at_10: float
    file_bytes: int


class HeldOut:
    """Vectors that are left out of an index, to be looked for in it.

    Args:
        vectors: what will be indexed.
        metric: what is near.
        queries: how many to leave out; every tenth at most.
        scratch: a folder with room for the indices that are tried.
    """

    def __init__(self, vectors: Vectors, metric: Metric, queries: int, scratch: Path) -> None:
        self.rows = len(vectors.values)
        self._vectors = vectors
        self._metric = metric
        self._held = evenly_spaced(self.rows, min(queries, max(1, self.rows // MOST_HELD_OUT)))
        self._scratch = scratch

    @cached_property
    def queries(self) -> np.ndarray:
        """What is left out, float32 `[n, d]`."""
        queries: np.ndarray = self._vectors.values[self._held]
        return queries

    @cached_property
    def kept(self) -> Vectors:
        """The others; a copy, made for engines that have something to choose."""
        return self._vectors.without(self._held)

    @cached_property
    def _exact(self) -> ExactSearch:
        return ExactSearch(self.kept, self._metric)

    def recall(self, search: Search) -> float:
        """`recall_at_10` of a search among the vectors that were kept."""
        return recall_at_10(search, self._exact, self.queries)

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Where an index that is tried can be written; removed at the end."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tuning-", dir=self._scratch) as folder:
            yield Path(folder, "index")


def rising(first: int, most: int) -> Iterator[int]:
    """Efforts to try, each half as much again or so, up to the most there is."""
    effort, tried = float(first), 0
    while round(effort) < most:
        if round(effort) > tried:
            yield (tried := round(effort))
        effort *= STEP
    yield most
