"""How much a store's search has to inspect, so that it finds what it should."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lookalike.index.index import Index
from lookalike.index.recall import evenly_spaced, recall_at_10
from lookalike.retrieval.exact_search import ExactSearch

QUERIES = 100

Find = Callable[[np.ndarray, int], Sequence[int]]  # rows near a vector, nearest first


class _Rows(NamedTuple):
    rows: np.ndarray


def measured_recall(index: Index, find: Find, queries: int = QUERIES) -> float:
    """recall@10 of a search against exact search, by indexed images, each without itself."""
    own_rows = evenly_spaced(len(index), queries)

    def find_each(vectors: np.ndarray, k: int) -> _Rows:
        rows = np.full((len(vectors), k), -1, np.int64)
        for place, vector in enumerate(vectors):
            found = find(vector, k)
            rows[place, : len(found)] = found
        return _Rows(rows)

    exact = ExactSearch(index.vectors, index.description.engine.metric)
    return recall_at_10(find_each, exact, index.vectors.values[own_rows], own_rows)


def least_effort(index: Index, find: Callable[[int], Find], least: int, most: int) -> int:
    """The first of doubled efforts by which a search reaches `target_recall`, or the most."""
    effort = least
    while effort < most and measured_recall(index, find(effort)) < target(index):
        effort = min(2 * effort, most)
    return effort


def target(index: Index) -> float:
    """The recall that the index was built for."""
    wanted: float = index.description.engine.target_recall
    return wanted
