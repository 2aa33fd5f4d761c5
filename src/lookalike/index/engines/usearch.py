"""USearch as the search engine (Vardanian, github.com/unum-cloud/usearch): the extra `[usearch]`.

A graph (HNSW) whose vectors are kept in 16 bits, in half of the memory. Those tell which
are about the nearest; which of them are, the whole vectors. The package is imported where it is
used: parameters can be read without it.
"""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from lookalike.core.extras import extra
from lookalike.index.engines.engine import (
    Capabilities,
    EngineKind,
    EngineParams,
    Tuned,
    with_unit_length,
)
from lookalike.index.recall import K
from lookalike.index.tuning import HeldOut, Trial, rising
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import BLOCK, Found, Vectors

NUMBERS = {"fp32": "f32", "bf16": "bf16"}
CONNECTIVITY = 16
COMPARED = 2  # times as many rows as are asked for are compared by their whole vectors


class Usearch(EngineParams):
    """A graph of vectors in few bits."""

    name: Literal["usearch"] = "usearch"
    precision: Literal["bf16", "fp32"] | None = Field(
        default=None, description="of the vectors in the graph; null: bf16, in half of the memory"
    )
    connectivity: int | None = Field(
        default=None, ge=2, le=512, description="neighbors of a vector in the graph; null: 16"
    )
    expansion: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="vectors that a query inspects; null: by measured recall",
    )


def tune(params: Usearch, held_out: HeldOut) -> Tuned[Usearch]:
    """Choose `expansion`, so that recall@10 reaches its target."""
    params = params.model_copy(
        update={
            "precision": params.precision or "bf16",
            "connectivity": params.connectivity or CONNECTIVITY,
        }
    )
    if params.expansion is not None:
        return Tuned(params, [])
    kept = len(held_out.kept.values)
    if not kept:
        return Tuned(params.model_copy(update={"expansion": K}), [])
    trials: list[Trial] = []
    with held_out.file() as path:
        build(held_out.kept, path, params)
        for expansion in rising(min(K, kept), kept):
            params = params.model_copy(update={"expansion": expansion})
            engine = UsearchEngine(path, held_out.kept, params)
            recall = held_out.recall(engine.nearest_of_each)
            trials.append(Trial(label(params), expansion, recall, path.stat().st_size))
            if recall >= params.target_recall:
                break
    return Tuned(params, trials)


def label(params: Usearch) -> str:
    """As in `usearch, bf16`."""
    return f"{params.name}, {params.precision or 'bf16'}"


def effort(params: Usearch, rows: int) -> int:
    """The vectors that a query inspects."""
    return params.expansion or rows


def import_usearch() -> Any:
    """The package's module. Raises LookalikeError where it is not installed."""
    with extra("usearch"):
        from usearch import index
    return index


def build(vectors: Vectors, path: Path, params: Usearch) -> None:
    """Build the graph, in the order of the rows.

    With one thread: with more, a graph is built in the order in which threads arrive.

    Raises:
        LookalikeError: USearch is not installed.
    """
    rows, dimension = vectors.values.shape
    index = import_usearch().Index(
        ndim=dimension,
        metric="l2sq" if params.metric == "euclidean" else "ip",
        dtype=NUMBERS[params.precision or "bf16"],
        connectivity=params.connectivity or CONNECTIVITY,
        enable_key_lookups=False,
    )
    for start in range(0, rows, BLOCK):
        block = with_unit_length(vectors.values[start : start + BLOCK], params.metric)
        index.add(np.arange(start, start + len(block)), block, threads=1)
    index.save(str(path))
    path.chmod(0o644)


class UsearchEngine:
    """An index file, memory-mapped.

    Raises:
        ValueError: the file is not a whole index over such vectors.
        LookalikeError: USearch is not installed.
    """

    def __init__(self, path: Path, vectors: Vectors, params: Usearch) -> None:
        usearch = import_usearch()
        try:
            opened = usearch.Index.restore(str(path), view=True)
        except (RuntimeError, ValueError):
            opened = None
        if opened is None:
            raise ValueError(f"{path.name} is no whole USearch index")
        if opened.ndim != vectors.values.shape[1]:
            raise ValueError(f"{path.name} holds vectors of another size")
        opened.expansion_search = params.expansion or K
        self._index = opened
        self._exact = ExactSearch(vectors, params.metric)
        self._angular = params.metric == "angular"

    def __len__(self) -> int:
        return len(self._index)

    def nearest(self, query: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        found = self._index.search(query, min(COMPARED * k, len(self)), threads=1)
        return self._exact.nearest(query, k, np.sort(found.keys.astype(np.int64)))

    def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
        rows = np.full((len(queries), k), -1, np.int64)
        cosines = np.zeros((len(queries), k), np.float32)
        for number, query in enumerate(queries):
            best = self.nearest(query, k)
            rows[number, : len(best.rows)] = best.rows
            if best.cosines is not None:
                cosines[number, : len(best.rows)] = best.cosines
        return Found(rows, cosines if self._angular else None)


KIND = EngineKind(
    params=Usearch,
    package="usearch",
    load=import_usearch,
    file="embeddings.usearch",
    capabilities=Capabilities("file"),
    tune=tune,
    label=label,
    effort=effort,
    build=build,
    open=UsearchEngine,
)
