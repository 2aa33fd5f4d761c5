"""Faiss as the search engine (Douze et al., "The Faiss library", 2024): the extra `[faiss]`.

The package is imported where it is used: parameters can be read without it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from lookalike.core.errors import ConfigError
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
from lookalike.retrieval.vectors import BLOCK, Found, Vectors, inverse_lengths

if TYPE_CHECKING:
    import faiss

DEFAULT_FACTORY = "HNSW32"
# What keeps whole vectors and not codes of them, so that its products are exact
WHOLE = ("IndexFlat", "IndexHNSWFlat", "IndexIVFFlat")
TRAINING_ROWS = 2**18  # what learns clusters or codes learns them from so many vectors
# The parameter that says how much a query inspects, by what Faiss calls it, and its first trial
EFFORTS = {"efSearch": K, "nprobe": 1}


class Faiss(EngineParams):
    """What Faiss's own notation describes."""

    flat: ClassVar[dict[str, str]] = {
        "faiss_factory": "index.engine.factory",
        "faiss_search": "index.engine.search",
    }

    name: Literal["faiss"] = "faiss"
    factory: str | None = Field(
        default=None, description="an index in Faiss's notation, as in IVF1024,PQ48; null: HNSW32"
    )
    search: str | None = Field(
        default=None, description="search parameters, as in efSearch=64; null: by measured recall"
    )


def tune(params: Faiss, held_out: HeldOut) -> Tuned[Faiss]:
    """Choose `efSearch` of graphs or `nprobe` of clusters, so that recall@10 reaches its target."""
    params = params.model_copy(update={"factory": params.factory or DEFAULT_FACTORY})
    if params.search is not None:
        return Tuned(params, [])
    plain = params.model_copy(update={"search": ""})
    if not len(held_out.kept.values):
        return Tuned(plain, [])
    with held_out.file() as path:
        build(held_out.kept, path, plain)
        engine = FaissEngine(path, held_out.kept, plain)
        name, most = engine.adjustable()
        trials: list[Trial] = []
        for inspected in rising(min(EFFORTS[name], most), most) if name else [most]:
            search = f"{name}={inspected}" if name else ""
            engine.set_search(search)
            recall = held_out.recall(engine.nearest_of_each)
            trials.append(Trial(label(params), inspected, recall, path.stat().st_size))
            if recall >= params.target_recall:
                break
    return Tuned(params.model_copy(update={"search": search}), trials)


def label(params: Faiss) -> str:
    """As in `faiss, HNSW32`."""
    return f"{params.name}, {params.factory}"


def effort(params: Faiss, rows: int) -> int:
    """The nodes of a graph or the clusters that a query inspects; else all vectors."""
    for part in (params.search or "").split(","):
        name, _, value = part.partition("=")
        if name.strip() in EFFORTS and value.strip().isdecimal():
            return int(value)
    return rows


def import_faiss() -> Any:
    """The package. Raises LookalikeError where it is not installed."""
    with extra("faiss"):
        import faiss
    return faiss


def build(vectors: Vectors, path: Path, params: Faiss) -> None:
    """Build the index that `factory` names.

    With one thread: graphs such as HNSW are built in the order in which threads arrive.

    Raises:
        LookalikeError: Faiss is not installed, does not know the factory string or cannot build
            from these vectors.
    """
    faiss = import_faiss()
    factory = params.factory or DEFAULT_FACTORY
    rows, dimension = vectors.values.shape
    inner_product = params.metric != "euclidean"
    kind = faiss.METRIC_INNER_PRODUCT if inner_product else faiss.METRIC_L2
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        with _one_line(f"index.engine.factory = {factory!r}"):
            index = faiss.index_factory(dimension, factory, kind)
            if not index.is_trained:
                sample = np.linspace(0, rows - 1, min(rows, TRAINING_ROWS)).astype(np.int64)
                index.train(with_unit_length(vectors.values[sample], params.metric))
            for start in range(0, rows, BLOCK):
                index.add(with_unit_length(vectors.values[start : start + BLOCK], params.metric))
            _set_search(index, params.search or "")
            faiss.write_index(index, str(path))
    finally:
        faiss.omp_set_num_threads(threads)


class FaissEngine:
    """An index file, memory-mapped where its kind can be.

    Raises:
        ValueError: the file is not a whole index over such vectors.
        LookalikeError: Faiss is not installed or does not know the search parameters.
    """

    def __init__(self, path: Path, vectors: Vectors, params: Faiss) -> None:
        faiss = import_faiss()
        try:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError:
            raise ValueError(f"{path.name} is no whole Faiss index") from None
        if self._index.d != vectors.values.shape[1]:
            raise ValueError(f"{path.name} holds vectors of another size")
        _set_search(self._index, params.search or "")
        whole = type(self._index).__name__ in WHOLE
        self._tells_cosines = params.metric == "angular" and whole

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def nearest(self, query: np.ndarray, k: int, rows: np.ndarray | None = None) -> Found:
        products, found = self._index.search(query[None], k)
        count = k if found[0, -1] >= 0 else np.count_nonzero(found[0] >= 0)
        cosines = products[0, :count] * inverse_lengths(query) if self._tells_cosines else None
        return Found(found[0, :count], cosines)

    def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
        # A cosine's order over the vectors does not change with the length of the query
        products, rows = self._index.search(np.ascontiguousarray(queries, np.float32), k)
        products[rows < 0] = 0  # in place of the lowest number there is
        return Found(rows, products * inverse_lengths(queries) if self._tells_cosines else None)

    def adjustable(self) -> tuple[str | None, int]:
        """The parameter of `EFFORTS` that this kind of index has, and the most it can be."""
        import faiss

        space: Any = faiss.ParameterSpace()
        space.initialize(self._index)
        ranges = space.parameter_ranges
        names = {ranges.at(number).name for number in range(ranges.size())}
        name = next((name for name in EFFORTS if name in names), None)
        clusters = name == "nprobe"
        return name, faiss.extract_index_ivf(self._index).nlist if clusters else len(self)

    def set_search(self, search: str) -> None:
        """Search with other parameters from now on."""
        _set_search(self._index, search)


def _set_search(index: "faiss.Index", search: str) -> None:
    import faiss

    with _one_line(f"index.engine.search = {search!r}"):
        space: Any = faiss.ParameterSpace()  # its stubs know numbers only
        space.set_index_parameters(index, search)


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Faiss tells file and line of its own source; what it means comes last."""
    try:
        yield
    except (RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).rpartition(": ")[2].split()) or "is refused"
        raise ConfigError(f"{what}: Faiss says: {reason}") from None


KIND = EngineKind(
    params=Faiss,
    package="faiss-cpu",
    load=import_faiss,
    file="embeddings.faiss",
    capabilities=Capabilities("file"),
    tune=tune,
    label=label,
    effort=effort,
    build=build,
    open=FaissEngine,
)
