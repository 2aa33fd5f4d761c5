"""Trees and nodes for Annoy, chosen by the recall that they give: by counting, never by time."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.index.engines import annoy
from lookalike.index.engines.exact import Exact
from lookalike.index.params import MOST_NODES, IndexParams
from lookalike.index.quality import K, evenly_spaced, recall_at_10
from lookalike.retrieval.vectors import Vectors
from lookalike.terminal.progress import say

TREES = (10, 20, 40, 80)
HELD_OUT = 10  # at most every tenth vector
STEP = 2**0.5
# More trees make a larger file: they should save at least a quarter of the nodes
WORTHWHILE = 0.75


class Trial(NamedTuple):
    """What a number of trees and of inspected nodes gave: a point of the curve."""

    trees: int
    search_k: int
    recall_at_10: float
    file_bytes: int


def choose(vectors: Vectors, params: IndexParams, scratch: Path) -> tuple[IndexParams, list[Trial]]:
    """Choose the trees and `search_k` that are null, so that recall@10 reaches its target.

    Indices over all but some vectors are searched for the ones left out, with more and more nodes.
    Trees are doubled as long as that saves nodes.

    Args:
        vectors: what will be indexed.
        params: the `index` block.
        scratch: a folder with room for the indices that are tried.

    Returns:
        The parameters with both numbers, and all that was tried; nothing for other engines, or
        where both numbers are given.
    """
    if params.engine != "annoy" or (params.trees and params.search_k):
        return params, []
    rows = len(vectors.values)
    held = evenly_spaced(rows, min(params.recall_queries, max(1, rows // HELD_OUT)))
    if rows == 1:
        return _chosen(params, params.trees or TREES[0], params.search_k or K), []
    queries, kept = vectors.values[held], vectors.without(held)
    trials: list[Trial] = []
    best: list[Trial] = []
    for trees in (params.trees,) if params.trees else TREES:
        trials += _try(kept, queries, params, trees, scratch)
        if best and not _better(trials[-1], best[-1], params.target_recall):
            break
        best.append(trials[-1])
    # The whole index is larger than what was tried by the vectors that were left out
    nodes = min(MOST_NODES, -(-best[-1].search_k * rows // len(kept.values)))
    search_k = params.search_k or nodes
    _tell(best[-1], search_k, rows, params.target_recall)
    return _chosen(params, best[-1].trees, search_k), trials


def _try(
    kept: Vectors, queries: np.ndarray, params: IndexParams, trees: int, scratch: Path
) -> Iterator[Trial]:
    """Search an index with more and more nodes until the target is reached, or all are seen."""
    exact = Exact(kept, params.metric)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder, "trial.ann")
        annoy.build(kept, path, _chosen(params, trees, params.search_k))
        size = path.stat().st_size
        all_nodes = min(MOST_NODES, trees * len(kept.values))
        nodes = float(max(params.search_k or 0, K * trees))  # fewer are never inspected
        while True:
            search_k = min(round(nodes), all_nodes)
            engine = annoy.Annoy(path, kept, _chosen(params, trees, search_k))
            recall = recall_at_10(engine.nearest_of_each, exact, queries)
            yield Trial(trees, search_k, recall, size)
            if recall >= params.target_recall or search_k == all_nodes or params.search_k:
                return
            nodes *= STEP


def _better(trial: Trial, best: Trial, target: float) -> bool:
    if (trial.recall_at_10 >= target) != (best.recall_at_10 >= target):
        return trial.recall_at_10 >= target
    if trial.recall_at_10 < target:
        return trial.recall_at_10 > best.recall_at_10
    return trial.search_k <= WORTHWHILE * best.search_k


def _chosen(params: IndexParams, trees: int, search_k: int | None) -> IndexParams:
    return params.model_copy(update={"trees": trees, "search_k": search_k})


def _tell(best: Trial, search_k: int, rows: int, target: float) -> None:
    if best.recall_at_10 < target:
        say(
            f"index: {best.trees} trees and search_k {search_k} find {best.recall_at_10:.4f} of "
            f"the ten nearest, less than index.target_recall = {target}"
        )
    if search_k >= rows:
        say(
            f"index: exact search would be cheaper: it looks at {rows} vectors a query, Annoy at "
            f"{search_k} nodes; set index.engine: exact"
        )
