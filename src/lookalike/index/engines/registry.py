"""What all search engines have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from lookalike.core.extras import extra
from lookalike.index.engines import annoy
from lookalike.index.engines.exact import Exact
from lookalike.index.params import EngineName, IndexParams
from lookalike.inference.embeddings import VECTORS
from lookalike.retrieval.vectors import Found, Vectors


class Engine(Protocol):
    """Finds the rows of near vectors, nearest first."""

    def __len__(self) -> int: ...

    def nearest(self, query: np.ndarray, k: int) -> Found:
        """Up to `k` rows near a float32 vector `[d]`."""
        ...

    def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
        """Rows near each of several vectors `[n, d]`."""
        ...


class EngineKind(NamedTuple):
    """How an engine is kept in a bundle.

    Attributes:
        file: the name of its file.
        package: the distribution that it comes from.
        build: writes the file.
        open: from the file and the vectors, memory-mapped. Raises OSError or ValueError where the
            file is broken.
    """

    file: str
    package: str
    build: Callable[[Vectors, Path, IndexParams], None]
    open: Callable[[Path, Vectors, IndexParams], Engine]


def engine_kind(name: EngineName) -> EngineKind:
    """An engine by its name in `params.yaml`.

    Raises:
        LookalikeError: it needs a package that is not installed.
    """
    if name == "annoy":
        return EngineKind("embeddings.ann", "annoy", annoy.build, annoy.Annoy)
    if name == "exact":
        return EngineKind(VECTORS, "numpy", lambda vectors, path, params: None, Exact.open)
    with extra("faiss"):
        from lookalike.index.engines import faiss
    return EngineKind("embeddings.faiss", "faiss-cpu", faiss.build, faiss.Faiss)
