"""Faiss as the search engine (Douze et al., "The Faiss library", 2024): the extra `[faiss]`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from lookalike.core.errors import LookalikeError
from lookalike.index.params import IndexParams, Metric
from lookalike.retrieval.vectors import BLOCK, TINY, Found, Vectors, inverse_lengths

# What keeps whole vectors and not codes of them, so that its products are exact
WHOLE = (faiss.IndexFlat, faiss.IndexHNSWFlat, faiss.IndexIVFFlat)
TRAINING_ROWS = 2**18  # what learns clusters or codes learns them from so many vectors


def build(vectors: Vectors, path: Path, params: IndexParams) -> None:
    """Build the index that `faiss_factory` names.

    With one thread: graphs such as HNSW are built in the order in which threads arrive.

    Raises:
        LookalikeError: Faiss does not know the factory string or cannot build from these vectors.
    """
    rows, dimension = vectors.values.shape
    inner_product = params.metric != "euclidean"
    kind = faiss.METRIC_INNER_PRODUCT if inner_product else faiss.METRIC_L2
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        with _one_line(f"index.faiss_factory = {params.faiss_factory!r}"):
            index = faiss.index_factory(dimension, params.faiss_factory, kind)
            if not index.is_trained:
                sample = np.linspace(0, rows - 1, min(rows, TRAINING_ROWS)).astype(np.int64)
                index.train(_prepared(vectors.values[sample], params.metric))
            for start in range(0, rows, BLOCK):
                index.add(_prepared(vectors.values[start : start + BLOCK], params.metric))
            _set_search(index, params)
            faiss.write_index(index, str(path))
    finally:
        faiss.omp_set_num_threads(threads)


class Faiss:
    """An index file, memory-mapped where its kind can be.

    Raises:
        ValueError: the file is not a whole index over such vectors.
        LookalikeError: it does not know the search parameters.
    """

    def __init__(self, path: Path, vectors: Vectors, params: IndexParams) -> None:
        try:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError:
            raise ValueError(f"{path.name} is no whole Faiss index") from None
        if self._index.d != vectors.values.shape[1]:
            raise ValueError(f"{path.name} holds vectors of another size")
        _set_search(self._index, params)
        self._tells_cosines = params.metric == "angular" and isinstance(self._index, WHOLE)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def nearest(self, query: np.ndarray, k: int) -> Found:
        products, rows = self._index.search(query[None], k)
        found = k if rows[0, -1] >= 0 else np.count_nonzero(rows[0] >= 0)
        cosines = products[0, :found] * inverse_lengths(query) if self._tells_cosines else None
        return Found(rows[0, :found], cosines)

    def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
        # A cosine's order over the vectors does not change with the length of the query
        products, rows = self._index.search(np.ascontiguousarray(queries, np.float32), k)
        products[rows < 0] = 0  # in place of the lowest number there is
        return Found(rows, products * inverse_lengths(queries) if self._tells_cosines else None)


def _prepared(values: np.ndarray, metric: Metric) -> np.ndarray:
    """Of vectors of length 1, the inner product is the cosine."""
    if metric != "angular":
        return np.ascontiguousarray(values)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit: np.ndarray = values / np.maximum(lengths, TINY)
    return unit


def _set_search(index: faiss.Index, params: IndexParams) -> None:
    with _one_line(f"index.faiss_search = {params.faiss_search!r}"):
        space: Any = faiss.ParameterSpace()  # its stubs know numbers only
        space.set_index_parameters(index, params.faiss_search)


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Faiss tells file and line of its own source; what it means comes last."""
    try:
        yield
    except (RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).rpartition(": ")[2].split()) or "is refused"
        raise LookalikeError(f"{what}: Faiss says: {reason}") from None
