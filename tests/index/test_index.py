"""An opened index."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.images.whole_table import open_shards

from lookalike.core.errors import QueryError
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.index.building import build_index
from lookalike.index.engines.annoy import Annoy
from lookalike.index.engines.exact import Exact
from lookalike.index.engines.faiss import Faiss
from lookalike.index.index import Index
from lookalike.index.metadata import joined_metadata
from lookalike.index.storage import open_index
from lookalike.inference.embeddings import Embeddings, open_embeddings
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.retrieval.exact_search import Metric

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def embeddings(tiny_embeddings: Path) -> Embeddings:
    return open_embeddings(tiny_embeddings)


@pytest.fixture(scope="module")
def index(tiny_index: Path, tiny_model: Path) -> Index:
    return open_index(tiny_index, fingerprint(tiny_model))


@pytest.fixture(scope="module")
def metadata(tiny_images: ImageStore, tiny_split: Path, embeddings: Embeddings) -> pa.Table:
    split = read_split(tiny_split, tiny_images)
    return joined_metadata(tiny_images.metadata, embeddings, split)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@given(row=st.integers(0, 119), k=st.integers(1, 20), scale=st.floats(0.01, 100))
def test_similarities_are_cosines_and_fall(
    index: Index, embeddings: Embeddings, row: int, k: int, scale: float
) -> None:
    query = embeddings.vectors[row] * np.float32(scale)
    hits = index.search(query, k)
    similarities = hits.similarities.tolist()
    assert len(hits.rows) == k
    assert similarities == sorted(similarities, reverse=True)
    expected = [cosine(query, embeddings.vectors[row]) for row in hits.rows]
    assert similarities == pytest.approx(expected, abs=1e-5)


@given(row=st.integers(0, 119))
def test_an_indexed_vector_finds_itself_first(
    index: Index, embeddings: Embeddings, row: int
) -> None:
    hits = index.search(embeddings.vectors[row], 1)
    assert hits.rows.tolist() == [row]
    assert hits.similarities[0] == pytest.approx(1)


@given(st.lists(st.floats(-1, 1, width=32), min_size=16, max_size=16))
def test_any_vector_finds_the_exact_neighbors_of_a_small_index(
    index: Index, embeddings: Embeddings, query: list[float]
) -> None:
    vector = np.float32(query)
    if np.linalg.norm(vector) < 1e-3:
        return
    exact = sorted((cosine(vector, other) for other in embeddings.vectors), reverse=True)[:5]
    found = index.search(vector, 5).similarities.tolist()
    assert found == pytest.approx(exact, abs=1e-5)


def test_a_vector_of_zeros_is_like_nothing(index: Index) -> None:
    similarities = index.search(np.zeros(16, np.float32), 3).similarities
    assert similarities == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("k", [120, 121, 2**40])
def test_a_k_beyond_the_index_gives_every_image(
    k: int, index: Index, embeddings: Embeddings
) -> None:
    hits = index.search(embeddings.vectors[0], k)
    assert sorted(hits.rows.tolist()) == list(range(120))


def test_a_search_of_several_gives_what_each_alone_gives(
    index: Index, embeddings: Embeddings
) -> None:
    queries = embeddings.vectors[:30] + np.float32(0.01)
    together = index.search_many(queries, 7)
    for query, rows, similarities in zip(queries, *together, strict=True):
        alone = index.search(query, 7)
        assert alone.rows.tolist() == rows.tolist()
        assert alone.similarities == pytest.approx(similarities, abs=1e-6)


def test_every_image_has_its_thumbnail(index: Index, tiny_images: ImageStore) -> None:
    stored = open_shards(tiny_images.folder)["image"]
    for row in (0, 60, 119):
        data = index.thumbnail(row)
        assert data is not None
        original = np.asarray(Image.open(BytesIO(stored[row].as_py())).convert("RGB"), np.int16)
        seen = np.asarray(Image.open(BytesIO(data)).convert("RGB"), np.int16)
        assert seen.shape == original.shape
        assert abs(seen - original).mean() < 30


def test_an_index_without_thumbnails_has_none(
    embeddings: Embeddings, metadata: pa.Table, tmp_path: Path
) -> None:
    index = build_index(embeddings.vectors, metadata, tmp_path / "index", Exact())
    assert index.thumbnail(0) is None


@pytest.mark.parametrize("kind", [Exact, Faiss])
@pytest.mark.parametrize("metric", ["angular", "euclidean", "dot"])
def test_whatever_the_engine_and_its_distance_similarities_are_cosines(
    kind: type[Exact | Faiss],
    metric: Metric,
    embeddings: Embeddings,
    metadata: pa.Table,
    tmp_path: Path,
) -> None:
    build_index(embeddings.vectors, metadata, tmp_path / "index", kind(metric=metric), "m")
    index = open_index(tmp_path / "index", "m", verify=True)
    query = embeddings.vectors[3] * np.float32(2)
    hits = index.search(query, 10)
    expected = [cosine(query, embeddings.vectors[row]) for row in hits.rows]
    assert hits.similarities.tolist() == pytest.approx(expected, abs=1e-5)
    assert hits.similarities.tolist() == sorted(hits.similarities.tolist(), reverse=True)


# --- among some rows -------------------------------------------------------------------------

MANY = 25_000
RANDOM = np.random.default_rng(0)
VALUES = RANDOM.normal(size=(MANY, 8)).astype(np.float32)
ENGINES = {
    "annoy": Annoy(trees=5, search_k=50),
    "exact": Exact(),
    "hnsw": Faiss(search="efSearch=16"),
    "one of 64 clusters": Faiss(factory="IVF64,Flat", search="nprobe=1"),
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Index]:
    """Indexes of more vectors than are searched one by one, of little effort a query."""
    names = [f"{row:05d}" for row in range(MANY)]
    columns = {"id": names, "path": names, "source": names, "width": [1] * MANY}
    metadata = pa.table(columns | {"height": [1] * MANY})
    return {
        name: build_index(VALUES, metadata, tmp_path_factory.mktemp("large") / "index", engine)
        for name, engine in ENGINES.items()
    }


def by_brute_force(query: np.ndarray, rows: np.ndarray, k: int) -> list[int]:
    values = VALUES[rows].astype(np.float64)
    cosines = values @ query / np.linalg.norm(values, axis=1)
    nearest: list[int] = rows[np.argsort(-cosines, kind="stable")[:k]].tolist()
    return nearest


@pytest.mark.parametrize("name", ENGINES)
@given(
    rows=st.sets(st.integers(0, MANY - 1), max_size=40).map(lambda rows: np.array(sorted(rows))),
    k=st.integers(1, 60),
    seed=st.integers(0, 1000),
)
def test_among_few_rows_the_nearest_are_those_of_brute_force(
    name: str, rows: np.ndarray, k: int, seed: int, large: dict[str, Index]
) -> None:
    query = np.random.default_rng(seed).normal(size=8).astype(np.float32)
    expected = by_brute_force(query, rows.astype(np.int64), k) if len(rows) else []
    found = large[name].search(query, k, rows.astype(np.int64))
    assert found.rows.tolist() == expected
    together = large[name].search_many(np.stack([query, -query]), k, rows.astype(np.int64))
    assert together.rows[0].tolist() == expected


@pytest.mark.parametrize("share", [0.41, 0.7, 0.99])
@pytest.mark.parametrize("k", [1, 10, 3000])
@pytest.mark.parametrize("name", ENGINES)
def test_among_many_rows_there_are_as_many_hits_as_asked_for(
    name: str, k: int, share: float, large: dict[str, Index]
) -> None:
    rows = np.sort(np.random.default_rng(k).choice(MANY, int(MANY * share), replace=False))
    hits = large[name].search(VALUES[0], k, rows)
    assert len(set(hits.rows.tolist())) == k
    assert np.isin(hits.rows, rows).all()
    assert (np.diff(hits.similarities) <= 0).all()
    assert large[name].search_many(VALUES[:2], k, rows).rows[0].tolist() == hits.rows.tolist()
    if name == "exact":
        nearest = by_brute_force(VALUES[0], rows, k)
        expected = [cosine(VALUES[0], VALUES[row]) for row in nearest]
        assert hits.similarities.tolist() == pytest.approx(expected, abs=1e-5)


def test_rows_far_from_the_query_are_found_all_the_same(large: dict[str, Index]) -> None:
    far = np.sort(np.argsort(VALUES @ VALUES[0])[:11_000])
    for index in large.values():
        assert len(index.search(VALUES[0], 5, far).rows) == 5


@pytest.mark.parametrize("name", ENGINES)
def test_without_rows_too_as_many_are_found_as_asked_for(
    name: str, large: dict[str, Index]
) -> None:
    assert len(set(large[name].search(VALUES[3], 5000).rows.tolist())) == 5000
    together = large[name].search_many(VALUES[3:5], 5000)
    assert [len(set(rows)) for rows in together.rows.tolist()] == [5000, 5000]
    assert (np.diff(together.similarities, axis=1) <= 0).all()


def test_among_no_rows_nothing_is_found(index: Index, embeddings: Embeddings) -> None:
    nothing = np.empty(0, np.int64)
    assert len(index.search(embeddings.vectors[0], 5, nothing).rows) == 0
    assert index.search_many(embeddings.vectors[:3], 5, nothing).rows.shape == (3, 0)


# --- what cannot be searched for -------------------------------------------------------------


@pytest.mark.parametrize("k", [0, -3])
def test_fewer_than_one_neighbor_is_one_line(
    k: int, index: Index, embeddings: Embeddings, one_line_error: OneLineError
) -> None:
    for rows in (None, np.empty(0, np.int64)):
        with one_line_error(f"k = {k}: ask for at least 1 neighbor", kind=QueryError):
            index.search(embeddings.vectors[0], k, rows)


@pytest.mark.parametrize("shape", [(15,), (17,), (2, 16), ()])
def test_a_vector_of_another_size_is_one_line(
    shape: tuple[int, ...], index: Index, one_line_error: OneLineError
) -> None:
    with one_line_error(f"a vector of shape {list(shape)}", "16 numbers", kind=QueryError):
        index.search(np.ones(shape, np.float32), 3)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_one_line(
    number: float, index: Index, one_line_error: OneLineError
) -> None:
    with one_line_error("not finite", kind=QueryError):
        index.search(np.full(16, number), 3)


def test_an_id_tells_its_row(index: Index) -> None:
    ids = index.ids
    assert [index.row_of(ids[row]) for row in (0, 60, 119)] == [0, 60, 119]
    assert index.row_of("none") is None
