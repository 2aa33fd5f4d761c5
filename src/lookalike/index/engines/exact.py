"""Exact search as the engine: every vector is looked at, and no file is needed beside them."""

from pathlib import Path
from typing import Literal

from lookalike.index.engines.engine import Capabilities, EngineKind, EngineParams, Tuned
from lookalike.index.tuning import HeldOut
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Vectors


class Exact(EngineParams):
    """Nothing is missed: whatever the target, recall is 1."""

    name: Literal["exact"] = "exact"


def tune(params: Exact, _held_out: HeldOut) -> Tuned[Exact]:
    """There is nothing to choose."""
    return Tuned(params, [])


def label(params: Exact) -> str:
    """Its name: there is one way to build it."""
    return params.name


def effort(_params: Exact, rows: int) -> int:
    """The vectors that a query looks at: all."""
    return rows


def build(_vectors: Vectors, _path: Path, _params: Exact) -> None:
    """The vectors are the index."""


def open_exact(_path: Path, vectors: Vectors, params: Exact) -> ExactSearch:
    """Exact search over the vectors of a bundle."""
    return ExactSearch(vectors, params.metric)


KIND = EngineKind(
    params=Exact,
    package="numpy",
    file=None,
    capabilities=Capabilities("vectors", filters=True),
    tune=tune,
    label=label,
    effort=effort,
    build=build,
    open=open_exact,
)
