"""How much the approximate index loses against exact search."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from lookalike.images.split_file import SplitImage
from lookalike.index.bundle import Hits, IndexBundle
from lookalike.index.engines.exact import Exact
from lookalike.retrieval.evaluation import evaluate_retrieval
from lookalike.retrieval.vectors import Found

K = 10
TOLERANCE = 1e-5  # relative; sums in another order differ by less


def evenly_spaced(rows: int, wanted: int) -> np.ndarray:
    """Row numbers to take as queries: `wanted` of them, or all where there are fewer."""
    return np.linspace(0, rows - 1, min(wanted, rows)).astype(np.int64)


def recall_at_10(
    find: Callable[[np.ndarray, int], Found | Hits],
    exact: Exact,
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


def recall_of_bundle(bundle: IndexBundle, queries: int) -> float:
    """`recall_at_10` of a bundle against exact search by its own metric.

    Args:
        bundle: the index.
        queries: how many of its rows look for others.
    """
    rows = evenly_spaced(len(bundle), queries)
    exact = Exact(bundle.vectors, bundle.description.metric)
    return recall_at_10(bundle.search_each, exact, bundle.vectors.values[rows], rows)


def retrieval_from_gallery(unit_vectors: Tensor, split: list[SplitImage]) -> dict[str, float | int]:
    """Exact retrieval metrics of test queries against training and validation images.

    Args:
        unit_vectors: embeddings of all images, `[n, d]`, rows of length 1.
        split: which of them is on which side; empty where no image has a label.
    """
    number_of = {label: n for n, label in enumerate(sorted({image.label for image in split}))}
    sides = []
    for test in (True, False):
        images = [image for image in split if (image.split == "test") == test]
        rows = torch.tensor([image.row for image in images], dtype=torch.int64)
        targets = torch.tensor([number_of[image.label] for image in images], dtype=torch.int64)
        sides.append((unit_vectors[rows], targets))
    (queries, query_targets), (gallery, gallery_targets) = sides
    return evaluate_retrieval(queries, query_targets, gallery, gallery_targets).summary()
