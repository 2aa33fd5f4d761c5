"""How many of the exact nearest neighbors a search finds."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from lookalike.retrieval.exact_search import ExactSearch

K = 10
TOLERANCE = 1e-5  # relative; sums in another order differ by less


class Rows(Protocol):
    """What a search finds: rows `[n, k]`, -1 where there are fewer."""

    @property
    def rows(self) -> np.ndarray: ...


Search = Callable[[np.ndarray, int], Rows]


def evenly_spaced(rows: int, wanted: int) -> np.ndarray:
    """Row numbers to take as queries: `wanted` of them, or all where there are fewer."""
    return np.linspace(0, rows - 1, min(wanted, rows)).astype(np.int64)


def recall_at_10(
    find: Search,
    exact: ExactSearch,
    queries: np.ndarray,
    own_rows: np.ndarray | None = None,
) -> float:
    """The share of the ten exact nearest neighbors that a search finds, mean over queries.

    What is as near as the tenth counts as found, whichever of several equal vectors it is
    (Aumüller, Bernhardsson, Faithfull: "ANN-Benchmarks", 2018).

    Args:
        find: finds rows `[n, k]` near each of `queries`.
        exact: exact search over the same rows.
        queries: float32 `[n, d]`.
        own_rows: int64 `[n]`, the row that is the query itself and no neighbor, where it is one.
    """
    itself = own_rows is not None
    k = min(K, len(exact) - itself)
    if k < 1:
        return 1.0
    wanted = _without_own(exact.nearest_of_each(queries, k + itself).rows, own_rows, k)
    found = _without_own(find(queries, k + itself).rows, own_rows, k)
    border = exact.nearness(queries, wanted)[:, -1:]
    hits = exact.nearness(queries, found) >= border - TOLERANCE * np.abs(border)
    return float(hits.mean())


def _without_own(rows: np.ndarray, own_rows: np.ndarray | None, k: int) -> np.ndarray:
    """The first `k` rows of each query, itself left out; -1 where there are fewer."""
    if own_rows is not None:
        own = rows == own_rows[:, None]
        others_first = np.argsort(own, axis=1, kind="stable")
        rows = np.take_along_axis(np.where(own, -1, rows), others_first, axis=1)
    short = max(0, k - rows.shape[1])
    return np.pad(rows[:, :k], ((0, 0), (0, short)), constant_values=-1)
