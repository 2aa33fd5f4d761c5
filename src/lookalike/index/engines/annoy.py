"""Annoy as the search engine (Bernhardsson, github.com/spotify/annoy): random projection trees."""

import errno
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from lookalike.core.errors import LookalikeError, NotReadyError
from lookalike.index.engines.annoy_self_test import check_annoy
from lookalike.index.engines.engine import Capabilities, EngineKind, EngineParams, Tuned
from lookalike.index.recall import K
from lookalike.index.tuning import HeldOut, Trial, rising
from lookalike.retrieval.vectors import Found, Vectors
from lookalike.terminal.progress import say, track

MOST_NODES = 2**31 - 1  # Annoy counts in 32 bits
MOST_TREES = 1000
TREES = (10, 20, 40, 80)  # that are tried
# More trees make a larger file: they should save at least a quarter of the nodes
WORTHWHILE = 0.75
# What a tree adds to the file for each vector, and by how much Annoy lets its file grow at once
TREE_BYTES = 20
GROWTH = 1.3


class Annoy(EngineParams):
    """Random projection trees in one file, mapped into memory and shared by processes.

    Attributes:
        trees: more find more and make a larger file.
        search_k: nodes that a query inspects; more find more and take longer.
        seed: of the random projections; null: 0.
    """

    flat: ClassVar[dict[str, str]] = {
        name: f"index.engine.{name}" for name in ("trees", "search_k", "seed")
    }

    name: Literal["annoy"] = "annoy"
    trees: int | None = Field(default=None, ge=1, le=MOST_TREES)
    search_k: int | None = Field(default=None, ge=1, le=MOST_NODES)
    seed: int | None = Field(default=None, ge=0, lt=2**31)


def import_annoy() -> Any:
    """The package, which is compiled where it is installed: not every machine has it.

    Raises:
        NotReadyError: it is not installed.
    """
    try:
        import annoy
    except ModuleNotFoundError:
        raise NotReadyError(
            "index.engine.name = annoy: the package annoy is missing, which takes a C++ compiler "
            "to install (README, Installation); or choose exact or faiss, and run index again"
        ) from None
    return annoy


def tune(params: Annoy, held_out: HeldOut) -> Tuned[Annoy]:
    """Choose the trees and nodes that are null, so that recall@10 reaches its target.

    More and more nodes are inspected until it does; trees are doubled as long as that saves nodes.
    """
    if params.trees and params.search_k:
        return Tuned(params, [])
    kept = len(held_out.kept.values)
    if not kept:
        return Tuned(_chosen(params, params.trees or TREES[0], params.search_k or K), [])
    trials: list[Trial] = []
    best: tuple[int, Trial] | None = None
    for trees in (params.trees,) if params.trees else TREES:
        trials += _try(params, trees, held_out)
        if best and not _better(trials[-1], best[1], params.target_recall):
            break
        best = trees, trials[-1]
    assert best is not None
    trees, trial = best
    # The whole index is larger than what was tried by the vectors that were left out
    nodes = min(MOST_NODES, -(-trial.effort * held_out.rows // kept))
    chosen = _chosen(params, trees, params.search_k or nodes)
    if effort(chosen, held_out.rows) >= held_out.rows:
        say(
            f"index: exact search would be cheaper: it looks at {held_out.rows} vectors a query, "
            f"Annoy at {chosen.search_k} nodes; set index.engine.name: exact"
        )
    return Tuned(chosen, trials)


def label(params: Annoy) -> str:
    """As in `annoy, 10 trees`."""
    return f"{params.name}, {params.trees} trees"


def effort(params: Annoy, _rows: int) -> int:
    """The nodes that a query inspects."""
    return params.search_k or 0


def build(vectors: Vectors, path: Path, params: Annoy) -> None:
    """Build an index in its file, so that memory need not hold it.

    With one thread: with more, Annoy's file is not a function of its input.

    Raises:
        LookalikeError: the installed Annoy is built in a way that breaks it, or the disk has not
            enough space.
        OSError: this system does not allow so large a file.
        ValueError: the number of trees is not chosen yet.
    """
    if params.trees is None:
        raise ValueError("how many trees?")
    annoy = import_annoy()
    check_annoy()
    _check_space(vectors, path.parent, params.trees)
    engine = annoy.AnnoyIndex(vectors.values.shape[1], params.metric)
    engine.set_seed(params.seed or 0)
    engine.on_disk_build(str(path))
    rows = track(range(len(vectors.values)), "indexing", total=len(vectors.values))
    for row in rows:
        engine.add_item(row, vectors.values[row])
    engine.build(params.trees, n_jobs=1)
    engine.unload()
    path.chmod(0o644)  # Annoy writes for the owner alone


def _check_space(vectors: Vectors, folder: Path, trees: int) -> None:
    """Ask for the space first: on a full disk, Annoy's memory map kills the process."""
    needed = int(GROWTH * (vectors.values.nbytes + TREE_BYTES * trees * len(vectors.values)))
    if 0 <= resource.getrlimit(resource.RLIMIT_FSIZE)[0] < needed:  # -1: no limit
        raise OSError(errno.EFBIG, "File too large", str(folder))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise LookalikeError(
            f"{folder}: building the index may take {needed // 2**20 + 1} MB, but "
            f"{free // 2**20} MB are free; free some space"
        )


class AnnoyEngine:
    """An index file, memory-mapped.

    Args:
        path: the index file.
        vectors: what it was built from.
        params: how it was built, and how many nodes a query inspects.

    Raises:
        NotReadyError: Annoy is not installed.
        OSError: the file cannot be mapped or does not hold vectors of this size.
    """

    def __init__(self, path: Path, vectors: Vectors, params: Annoy) -> None:
        self._index = import_annoy().AnnoyIndex(vectors.values.shape[1], params.metric)
        self._index.load(str(path))
        self._trees = self._index.get_n_trees()
        self._search_k = params.search_k or 0
        self._angular = params.metric == "angular"

    def __len__(self) -> int:
        return int(self._index.get_n_items())

    def nearest(self, query: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        found, cosines = self._search(query.tolist(), k)
        return self._found(np.array(found, np.int64), np.array(cosines, np.float32))

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


def _try(params: Annoy, trees: int, held_out: HeldOut) -> Iterator[Trial]:
    """Search an index with more and more nodes until the target is reached, or all are seen."""
    all_nodes = min(MOST_NODES, trees * len(held_out.kept.values))
    fewest = min(K * trees, all_nodes)  # fewer are never inspected
    with held_out.file() as path:
        build(held_out.kept, path, _chosen(params, trees, params.search_k))
        size = path.stat().st_size
        for nodes in [params.search_k] if params.search_k else rising(fewest, all_nodes):
            chosen = _chosen(params, trees, nodes)
            engine = AnnoyEngine(path, held_out.kept, chosen)
            recall = held_out.recall(engine.nearest_of_each)
            yield Trial(label(chosen), nodes, recall, size)
            if recall >= params.target_recall:
                return


def _better(trial: Trial, best: Trial, target: float) -> bool:
    if (trial.recall_at_10 >= target) != (best.recall_at_10 >= target):
        return trial.recall_at_10 >= target
    if trial.recall_at_10 < target:
        return trial.recall_at_10 > best.recall_at_10
    return trial.effort <= WORTHWHILE * best.effort


def _chosen(params: Annoy, trees: int, search_k: int | None) -> Annoy:
    return params.model_copy(update={"trees": trees, "search_k": search_k})


KIND = EngineKind(
    params=Annoy,
    package="annoy",
    load=import_annoy,
    file="embeddings.ann",
    capabilities=Capabilities("file"),
    tune=tune,
    label=label,
    effort=effort,
    build=build,
    open=AnnoyEngine,
)
