"""What holds for every engine and every metric."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lookalike.index.engines.registry import Engine, engine_kind
from lookalike.index.params import EngineName, IndexParams, Metric
from lookalike.retrieval.vectors import Vectors

OneLineError = Callable[..., AbstractContextManager[None]]

RANDOM = np.random.default_rng(0)
# Of very different lengths, so that the metrics disagree
VECTORS = Vectors.measured(
    (RANDOM.normal(size=(300, 6)) * RANDOM.uniform(0.2, 5, (300, 1))).astype(np.float32)
)
ENGINES: tuple[EngineName, ...] = ("annoy", "exact", "faiss")
METRICS: tuple[Metric, ...] = ("angular", "euclidean", "dot")


def params_of(name: EngineName, metric: Metric = "angular") -> IndexParams:
    """Settings that look at everything."""
    return IndexParams(
        engine=name, metric=metric, trees=5, search_k=10_000, faiss_search="efSearch=300"
    )


def built(folder: Path, params: IndexParams, vectors: Vectors = VECTORS) -> Engine:
    kind = engine_kind(params.engine)
    kind.build(vectors, folder / kind.file, params)
    return kind.open(folder / kind.file, vectors, params)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Engine]:
    return {
        (name, metric): built(tmp_path_factory.mktemp("engine"), params_of(name, metric))
        for name in ENGINES
        for metric in METRICS
    }


def by_brute_force(query: np.ndarray, metric: Metric) -> np.ndarray:
    values = VECTORS.values.astype(np.float64)
    far = {
        "angular": -(values @ query) / np.linalg.norm(values, axis=1),
        "euclidean": np.linalg.norm(values - query, axis=1),
        "dot": -(values @ query),
    }[metric]
    return np.argsort(far)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", ENGINES)
@given(query=st.lists(st.floats(-3, 3, width=32), min_size=6, max_size=6), k=st.integers(1, 20))
def test_the_nearest_are_those_of_brute_force(
    name: str, metric: Metric, query: list[float], k: int, engines: dict[tuple[str, str], Engine]
) -> None:
    vector = np.float32(query)
    if np.linalg.norm(vector) < 1e-2:
        return
    found = engines[name, metric].nearest(vector, k).rows
    missed = set(by_brute_force(vector, metric)[:k].tolist()) - set(found.tolist())
    # HNSW is a graph: of a thousand rows it may miss one
    assert len(found) == k
    assert len(missed) <= (1 if name == "faiss" else 0)


@pytest.mark.parametrize("name", ENGINES)
def test_each_of_several_is_searched_for_as_if_alone(
    name: str, engines: dict[tuple[str, str], Engine]
) -> None:
    engine = engines[name, "angular"]
    together = engine.nearest_of_each(VECTORS.values[:40], 7).rows
    assert together.dtype == np.int64
    for query, rows in zip(VECTORS.values, together, strict=False):
        assert engine.nearest(query, 7).rows.tolist() == rows.tolist()


@pytest.mark.parametrize(("name", "metric"), list(product(ENGINES, METRICS)))
def test_the_cosines_that_an_engine_tells_are_right(
    name: str, metric: str, engines: dict[tuple[str, str], Engine]
) -> None:
    queries = VECTORS.values[:5] * 3 + 1
    rows, cosines = engines[name, metric].nearest_of_each(queries, 7)
    one_rows, one_cosines = engines[name, metric].nearest(queries[0], 7)
    if metric != "angular":
        assert cosines is one_cosines is None
        return
    assert cosines == pytest.approx(VECTORS.cosines(queries, rows), abs=1e-6)
    assert one_cosines == pytest.approx(VECTORS.cosines(queries[0], one_rows), abs=1e-6)


def test_faiss_tells_no_cosines_where_it_keeps_codes_only(tmp_path: Path) -> None:
    params = IndexParams(engine="faiss", faiss_factory="SQ4", faiss_search="")
    assert built(tmp_path, params).nearest(VECTORS.values[0], 3).cosines is None


@pytest.mark.parametrize("name", ENGINES)
def test_a_k_beyond_the_index_gives_every_row(
    name: str, engines: dict[tuple[str, str], Engine]
) -> None:
    engine = engines[name, "angular"]
    assert len(engine) == 300
    assert sorted(engine.nearest(VECTORS.values[0], 500).rows.tolist()) == list(range(300))
    together = engine.nearest_of_each(VECTORS.values[:2], 500).rows
    assert sorted(together[1].tolist()) == [-1] * 200 + list(range(300))


@pytest.mark.parametrize("name", ["annoy", "faiss"])
def test_the_same_vectors_and_params_give_the_same_bytes(name: EngineName, tmp_path: Path) -> None:
    kind = engine_kind(name)
    for file in ("one", "other"):
        kind.build(VECTORS, tmp_path / file, params_of(name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ENGINES)
def test_an_index_of_one_vector_finds_it(name: EngineName, tmp_path: Path) -> None:
    one = Vectors.measured(VECTORS.values[:1])
    assert built(tmp_path, params_of(name), one).nearest(VECTORS.values[5], 3).rows.tolist() == [0]


@pytest.mark.parametrize("name", ENGINES)
def test_equal_vectors_are_all_found(name: EngineName, tmp_path: Path) -> None:
    equal = Vectors.measured(np.ones((40, 6), np.float32))
    found = built(tmp_path, params_of(name), equal).nearest(np.ones(6, np.float32), 40).rows
    assert sorted(found.tolist()) == list(range(40))


@pytest.mark.parametrize("name", ENGINES)
def test_vectors_of_zeros_are_like_nothing_but_break_nothing(
    name: EngineName, tmp_path: Path
) -> None:
    values = VECTORS.values.copy()
    values[7] = 0
    engine = built(tmp_path, params_of(name), Vectors.measured(values))
    assert 7 not in engine.nearest(values[0], 5).rows.tolist()


def test_annoys_seed_decides_on_its_trees(tmp_path: Path) -> None:
    kind = engine_kind("annoy")
    for seed in (1, 2):
        params = params_of("annoy").model_copy(update={"seed": seed})
        kind.build(VECTORS, tmp_path / str(seed), params)
    assert (tmp_path / "1").read_bytes() != (tmp_path / "2").read_bytes()


def test_a_large_k_is_not_cut_by_a_small_search_k(tmp_path: Path) -> None:
    hasty = built(tmp_path, IndexParams(trees=5, search_k=1))
    assert len(hasty.nearest(VECTORS.values[0], 50).rows) == 50


def test_an_annoy_file_of_other_vectors_cannot_be_opened(tmp_path: Path) -> None:
    kind = engine_kind("annoy")
    kind.build(VECTORS, tmp_path / "index", params_of("annoy"))
    wider = Vectors.measured(np.ones((300, 7), np.float32))
    with pytest.raises(OSError, match="vector size"):
        kind.open(tmp_path / "index", wider, params_of("annoy"))


def test_a_faiss_file_of_other_vectors_cannot_be_opened(tmp_path: Path) -> None:
    kind = engine_kind("faiss")
    kind.build(VECTORS, tmp_path / "index", params_of("faiss"))
    wider = Vectors.measured(np.ones((300, 7), np.float32))
    with pytest.raises(ValueError, match="vectors of another size"):
        kind.open(tmp_path / "index", wider, params_of("faiss"))


def test_a_broken_faiss_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "index").write_bytes(b"IxHN" + bytes(100))
    with pytest.raises(ValueError, match="index is no whole Faiss index"):
        engine_kind("faiss").open(tmp_path / "index", VECTORS, params_of("faiss"))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (IndexParams(faiss_factory="HSNW"), ("index.faiss_factory = 'HSNW'", "could not parse")),
        (IndexParams(faiss_factory="IVF400,Flat"), ("IVF400", "training points (300)")),
        (IndexParams(faiss_search="nprobe=3"), ("index.faiss_search = 'nprobe=3'",)),
        (IndexParams(faiss_search="efSearch=many"), ("index.faiss_search = 'efSearch=many'",)),
    ],
)
def test_what_faiss_does_not_know_is_one_line(
    params: IndexParams, words: tuple[str, ...], tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(*words):
        engine_kind("faiss").build(VECTORS, tmp_path / "index", params)


def test_faiss_that_has_to_learn_first_is_trained(tmp_path: Path) -> None:
    params = IndexParams(engine="faiss", faiss_factory="IVF4,Flat", faiss_search="nprobe=4")
    assert built(tmp_path, params).nearest(VECTORS.values[9], 1).rows.tolist() == [9]


def test_without_its_package_an_engine_is_one_line(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.delitem(sys.modules, "lookalike.index.engines.faiss", raising=False)
    monkeypatch.delattr("lookalike.index.engines.faiss", raising=False)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with one_line_error("pip install 'lookalike[faiss]'"):
        engine_kind("faiss")


@pytest.mark.parametrize(
    "given",
    [{"search_k": 2**31}, {"search_k": 0}, {"trees": 0}, {"trees": 10**6}, {"target_recall": 1.1}],
)
def test_numbers_beyond_what_annoy_can_do_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        IndexParams.model_validate(given)
