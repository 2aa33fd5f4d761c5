"""How well queries find images of their class in a gallery."""

from typing import NamedTuple

import torch
from torch import Tensor

from lookalike.retrieval.metrics import average_precision_at_r, recall_at_k
from lookalike.retrieval.neighbours import exact_neighbours

# Ranks for recall@k; those beyond the gallery's size are left out.
RECALL_AT = (1, 5, 10)


class Retrieval(NamedTuple):
    """Per-query results; queries with nothing of their class to find are left out and counted.

    Attributes:
        queries: int64 `[n]`, the positions of the queries that were answered.
        recall_at: for each k, float `[n]`.
        average_precision_at_r: float `[n]`.
        without_match: how many queries were left out.
    """

    queries: Tensor
    recall_at: dict[int, Tensor]
    average_precision_at_r: Tensor
    without_match: int

    def summary(self) -> dict[str, float | int]:
        """The mean metrics under the project's keys; only the counts where nothing was answered."""
        counts = {"queries": len(self.queries), "queries_without_match": self.without_match}
        if not len(self.queries):
            return dict(counts)
        means = {f"recall_at_{k}": _mean(values) for k, values in self.recall_at.items()}
        means["map_at_r"] = _mean(self.average_precision_at_r)
        return {**means, **counts}


def evaluate_retrieval(
    queries: Tensor,
    query_targets: Tensor,
    gallery: Tensor,
    gallery_targets: Tensor,
    query_rows: Tensor | None = None,
) -> Retrieval:
    """Rank the gallery for each query by exact search and score the rankings.

    Args:
        queries: `[n, d]`, rows of length 1.
        query_targets: class numbers, int64 `[n]`.
        gallery: `[m, d]`, rows of length 1.
        gallery_targets: class numbers, int64 `[m]`.
        query_rows: int64 `[n]`, where each query stands in the gallery, if it does.
    """
    same_class = _count_relevant(query_targets, gallery_targets, query_rows)
    answerable = torch.nonzero(same_class > 0).flatten()
    if not len(answerable):
        return Retrieval(answerable, {}, torch.empty(0), len(queries))
    relevant = same_class[answerable]
    available = len(gallery) - (query_rows is not None)
    ks = [k for k in RECALL_AT if k <= available]
    recalls: dict[int, list[Tensor]] = {k: [] for k in ks}
    precisions: list[Tensor] = []
    rows = None if query_rows is None else query_rows[answerable]
    depth = max([int(relevant.max()), *ks])
    for found in exact_neighbours(queries[answerable], gallery, depth, rows):
        block = slice(found.start, found.stop)
        matches = gallery_targets[found.indices] == query_targets[answerable][block, None]
        for k in ks:
            recalls[k].append(recall_at_k(matches, k))
        precisions.append(average_precision_at_r(matches, relevant[block]))
    return Retrieval(
        answerable,
        {k: torch.cat(parts) for k, parts in recalls.items()},
        torch.cat(precisions),
        len(queries) - len(answerable),
    )


def _count_relevant(
    query_targets: Tensor, gallery_targets: Tensor, query_rows: Tensor | None
) -> Tensor:
    highest = int(torch.cat([query_targets, gallery_targets]).max()) if len(query_targets) else 0
    counts = torch.bincount(gallery_targets, minlength=highest + 1)[query_targets]
    return counts - int(query_rows is not None)


def _mean(values: Tensor) -> float:
    return float(values.double().mean())
