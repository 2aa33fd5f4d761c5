"""How well queries find images of their class in a gallery."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lookalike.retrieval.metrics import (
    average_precision_at_r,
    precision_at_k,
    r_precision,
    recall_at_k,
    reciprocal_rank,
)
from lookalike.retrieval.neighbors import exact_neighbors

# Ranks for recall@k and precision@k; those beyond the gallery's size are left out.
RANKS = (1, 5, 10)
# How many ranks the curves of recall and precision show.
CURVE = 50


class Retrieval(NamedTuple):
    """Per-query results; queries with nothing of their class to find are left out and counted.

    Attributes:
        queries: int64 `[n]`, the positions of the queries that were answered.
        scores: float `[n]` for each metric: `recall_at_K`, `precision_at_K`, `map_at_r`,
            `r_precision`, `mrr`.
        matches: bool `[n, up to CURVE]`, is the neighbor at that rank of the query's class?
        without_match: how many queries were left out.
    """

    queries: Tensor
    scores: dict[str, Tensor]
    matches: Tensor
    without_match: int

    def summary(self) -> dict[str, float | int]:
        """The mean metrics under the project's keys; only the counts where nothing was answered."""
        means = {name: float(values.double().mean()) for name, values in self.scores.items()}
        return {**means, "queries": len(self.queries), "queries_without_match": self.without_match}

    def curve(self) -> list[tuple[int, float, float]]:
        """Mean recall and precision at each rank, from 1: `(k, recall, precision)`."""
        return [
            (
                k,
                float(recall_at_k(self.matches, k).double().mean()),
                float(precision_at_k(self.matches, k).double().mean()),
            )
            for k in range(1, self.matches.shape[1] + 1)
        ]


def evaluate_rankings(
    queries: Tensor,
    query_targets: Tensor,
    gallery: Tensor,
    gallery_targets: Tensor,
    query_rows: Tensor | None = None,
    ranks: Sequence[int] = RANKS,
) -> Retrieval:
    """Rank the gallery for each query by exact search and score the rankings.

    Six parameters: the four tensors of two labeled sets, and two that most callers leave out.

    Args:
        queries: `[n, d]`, rows of length 1.
        query_targets: class numbers, int64 `[n]`.
        gallery: `[m, d]`, rows of length 1.
        gallery_targets: class numbers, int64 `[m]`.
        query_rows: int64 `[n]`, where each query stands in the gallery, if it does; there it is no
            neighbor of its own.
        ranks: k of recall@k and precision@k.
    """
    same_class = _count_relevant(query_targets, gallery_targets, query_rows)
    answerable = torch.nonzero(same_class > 0).flatten()
    if not len(answerable):
        return Retrieval(answerable, {}, torch.empty((0, 0), dtype=torch.bool), len(queries))
    queries, query_targets = queries[answerable], query_targets[answerable]
    relevant = same_class[answerable]
    rows = None if query_rows is None else query_rows[answerable]
    ranks = [k for k in ranks if k <= len(gallery) - (rows is not None)]
    depth = max(int(relevant.max()), CURVE, *ranks)

    blocks, first_matches = [], []
    for found in exact_neighbors(queries, gallery, depth, rows):
        block = slice(found.start, found.stop)
        matches = gallery_targets[found.indices] == query_targets[block, None]
        blocks.append(_scores(matches, relevant[block], ranks))
        first_matches.append(matches[:, :CURVE])
    scores = {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}

    late = scores["mrr"] == 0  # their first match lies deeper
    if late.any():
        late_rows = None if rows is None else rows[late]
        targets = query_targets[late, None]
        scores["mrr"][late] = torch.cat(
            [
                reciprocal_rank(gallery_targets[found.indices] == targets[found.start : found.stop])
                for found in exact_neighbors(queries[late], gallery, len(gallery), late_rows)
            ]
        )
    return Retrieval(
        answerable, scores, torch.cat(first_matches), len(same_class) - len(answerable)
    )


def _scores(matches: Tensor, relevant: Tensor, ranks: Sequence[int]) -> dict[str, Tensor]:
    return {
        **{f"recall_at_{k}": recall_at_k(matches, k) for k in ranks},
        **{f"precision_at_{k}": precision_at_k(matches, k) for k in ranks},
        "map_at_r": average_precision_at_r(matches, relevant),
        "r_precision": r_precision(matches, relevant),
        "mrr": reciprocal_rank(matches),
    }


def _count_relevant(
    query_targets: Tensor, gallery_targets: Tensor, query_rows: Tensor | None
) -> Tensor:
    highest = int(torch.cat([query_targets, gallery_targets]).max()) if len(query_targets) else 0
    counts = torch.bincount(gallery_targets, minlength=highest + 1)[query_targets]
    return counts - int(query_rows is not None)
