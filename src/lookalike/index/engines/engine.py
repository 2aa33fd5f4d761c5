"""What all search engines have in common: their parameters, what they can do, how they are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from pydantic import Field

from lookalike.core.group import Choice
from lookalike.index.tuning import HeldOut, Trial
from lookalike.retrieval.exact_search import Metric
from lookalike.retrieval.vectors import TINY, Found, Vectors


class EngineParams(Choice):
    """`index.engine` of `params.yaml`.

    Attributes:
        name: which engine.
        metric: what is near.
        target_recall: the share of the ten nearest that a search should find; what is null of an
            engine's own parameters is chosen accordingly.
        flat: where the engine's parameters once were, keys of `index`, and where they are today.
    """

    flat: ClassVar[dict[str, str]] = {}

    name: str
    metric: Metric = "angular"
    target_recall: float = Field(default=0.99, gt=0, le=1)


class Engine(Protocol):
    """Finds the rows of near vectors, nearest first."""

    def __len__(self) -> int: ...

    def nearest(self, query: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        """Up to `k` rows near a float32 vector `[d]`.

        Args:
            query: the vector.
            k: how many rows.
            rows: look among these only; never given to an engine that cannot filter.
        """
        ...

    def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
        """Rows near each of several vectors `[n, d]`; -1 where fewer than `k` were found."""
        ...


class Capabilities(NamedTuple):
    """What an engine can do.

    Attributes:
        storage: where its index is: in a file of the bundle, on a server, or in the vectors alone.
        filters: looks among given rows only.
        adds: takes more vectors once it is built.
        removes: forgets vectors once it is built.
    """

    storage: Literal["file", "server", "vectors"]
    filters: bool = False
    adds: bool = False
    removes: bool = False


def with_unit_length(values: np.ndarray, metric: Metric) -> np.ndarray:
    """Vectors `[n, d]` for engines by inner product, which of unit vectors is the cosine."""
    if metric != "angular":
        return np.ascontiguousarray(values)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit: np.ndarray = values / np.maximum(lengths, TINY)
    return unit


Params = TypeVar("Params", bound=EngineParams)


class Tuned(NamedTuple, Generic[Params]):
    """Parameters of which none is left to choose, and what was tried to choose them."""

    params: Params
    trials: list[Trial]


@dataclass(frozen=True)
class EngineKind(Generic[Params]):
    """How an engine is built, tuned and kept in a bundle.

    Attributes:
        params: its parameters; the default of `name` is the engine's name.
        package: the distribution that it comes from.
        file: the name of its file; None where it has none.
        capabilities: what it can do.
        tune: chooses the parameters that are null.
        label: which engine and how it is built, for people.
        effort: what a query inspects at most, by parameters that are chosen: in its own unit.
        build: writes the file. Raises LookalikeError where the parameters do not suit the vectors.
        open: from the file and the vectors, memory-mapped. Raises OSError or ValueError where the
            file is broken.
        load: imports what not everybody has. Raises LookalikeError where it is not installed.
    """

    params: type[Params]
    package: str
    file: str | None
    capabilities: Capabilities
    tune: Callable[[Params, HeldOut], Tuned[Params]]
    label: Callable[[Params], str]
    effort: Callable[[Params, int], int]
    build: Callable[[Vectors, Path, Params], None]
    open: Callable[[Path, Vectors, Params], Engine]
    load: Callable[[], object] = lambda: None

    @property
    def name(self) -> str:
        """What `params.yaml` calls it."""
        name: str = self.params.model_fields["name"].default
        return name
