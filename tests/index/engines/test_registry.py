"""What holds for every engine and every metric."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.params import parse_block, read_params, read_yaml
from lookalike.index.engines.annoy import Annoy
from lookalike.index.engines.engine import Engine, EngineKind, EngineParams
from lookalike.index.engines.exact import Exact
from lookalike.index.engines.faiss import Faiss
from lookalike.index.engines.registry import ENGINES, engine_kind
from lookalike.index.engines.usearch import Usearch
from lookalike.index.params import IndexParams
from lookalike.retrieval.exact_search import Metric
from lookalike.retrieval.vectors import Vectors

REPOSITORY = Path(__file__).parents[3]

OneLineError = Callable[..., AbstractContextManager[None]]

RANDOM = np.random.default_rng(0)
# Of very different lengths, so that the metrics disagree
VECTORS = Vectors.measured(
    (RANDOM.normal(size=(300, 6)) * RANDOM.uniform(0.2, 5, (300, 1))).astype(np.float32)
)
METRICS: tuple[Metric, ...] = ("angular", "euclidean", "dot")
# Settings that look at everything
THOROUGH: dict[str, Callable[[Metric], EngineParams]] = {
    "annoy": lambda metric: Annoy(metric=metric, trees=5, search_k=10_000),
    "exact": lambda metric: Exact(metric=metric),
    "faiss": lambda metric: Faiss(metric=metric, search="efSearch=300"),
    "usearch": lambda metric: Usearch(metric=metric, precision="fp32", expansion=300),
}


def built(folder: Path, params: EngineParams, vectors: Vectors = VECTORS) -> Engine:
    kind = engine_kind(params)
    kind.build(vectors, folder / "index", params)
    return kind.open(folder / "index", vectors, params)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Engine]:
    return {
        (name, metric): built(tmp_path_factory.mktemp("engine"), thorough(metric))
        for name, thorough in THOROUGH.items()
        for metric in METRICS
    }


def test_every_engine_is_tried_here() -> None:
    assert [kind.name for kind in ENGINES] == list(THOROUGH)


def test_an_engine_that_keeps_a_file_names_it() -> None:
    for kind in ENGINES:
        assert (kind.file is not None) == (kind.capabilities.storage == "file")
        assert kind.file is None or kind.file.startswith("embeddings.")


def by_brute_force(query: np.ndarray, metric: Metric) -> np.ndarray:
    values = VECTORS.values.astype(np.float64)
    far = {
        "angular": -(values @ query) / np.linalg.norm(values, axis=1),
        "euclidean": np.linalg.norm(values - query, axis=1),
        "dot": -(values @ query),
    }[metric]
    return np.argsort(far)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", THOROUGH)
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
    assert len(missed) <= (1 if name in {"faiss", "usearch"} else 0)


@pytest.mark.parametrize("name", THOROUGH)
def test_each_of_several_is_searched_for_as_if_alone(
    name: str, engines: dict[tuple[str, str], Engine]
) -> None:
    engine = engines[name, "angular"]
    together = engine.nearest_of_each(VECTORS.values[:40], 7).rows
    assert together.dtype == np.int64
    for query, rows in zip(VECTORS.values, together, strict=False):
        assert engine.nearest(query, 7).rows.tolist() == rows.tolist()


@pytest.mark.parametrize(("name", "metric"), list(product(THOROUGH, METRICS)))
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
    assert (
        built(tmp_path, Faiss(factory="SQ4", search="")).nearest(VECTORS.values[0], 3).cosines
        is None
    )


@pytest.mark.parametrize("name", THOROUGH)
def test_a_k_beyond_the_index_gives_every_row(
    name: str, engines: dict[tuple[str, str], Engine]
) -> None:
    engine = engines[name, "angular"]
    assert len(engine) == 300
    assert sorted(engine.nearest(VECTORS.values[0], 500).rows.tolist()) == list(range(300))
    together = engine.nearest_of_each(VECTORS.values[:2], 500).rows
    assert sorted(together[1].tolist()) == [-1] * 200 + list(range(300))


@pytest.mark.parametrize(
    "params", [Annoy(trees=5), Faiss(), Faiss(factory="IVF4,PQ2x4"), Usearch()]
)
def test_the_same_vectors_and_params_give_the_same_bytes(
    params: EngineParams, tmp_path: Path
) -> None:
    for file in ("one", "other"):
        engine_kind(params).build(VECTORS, tmp_path / file, params)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", THOROUGH)
def test_an_index_of_one_vector_finds_it(name: str, tmp_path: Path) -> None:
    one = Vectors.measured(VECTORS.values[:1])
    assert built(tmp_path, THOROUGH[name]("angular"), one).nearest(
        VECTORS.values[5], 3
    ).rows.tolist() == [0]


@pytest.mark.parametrize("name", THOROUGH)
def test_equal_vectors_are_all_found(name: str, tmp_path: Path) -> None:
    equal = Vectors.measured(np.ones((40, 6), np.float32))
    found = (
        built(tmp_path, THOROUGH[name]("angular"), equal).nearest(np.ones(6, np.float32), 40).rows
    )
    assert sorted(found.tolist()) == list(range(40))


@pytest.mark.parametrize("name", THOROUGH)
def test_vectors_of_zeros_are_like_nothing_but_break_nothing(name: str, tmp_path: Path) -> None:
    values = VECTORS.values.copy()
    values[7] = 0
    engine = built(tmp_path, THOROUGH[name]("angular"), Vectors.measured(values))
    assert 7 not in engine.nearest(values[0], 5).rows.tolist()


# --- params.yaml -----------------------------------------------------------------------------


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], IndexParams]:
    def read_text(text: str) -> IndexParams:
        (tmp_path / "params.yaml").write_text(f"index: {text}", encoding="utf-8")
        return read_params(IndexParams, path=tmp_path / "params.yaml")

    return read_text


@pytest.mark.parametrize("kind", ENGINES, ids=lambda kind: kind.name)
def test_any_engine_can_be_named_in_a_file_that_lists_the_parameters_of_another(
    kind: EngineKind[Any], read: Callable[[str], IndexParams]
) -> None:
    own = {key for each in ENGINES for key in each.params.model_fields}
    nulls = "".join(f", {key}: null" for key in sorted(own - {"name", "metric"}))
    params = read(f"{{engine: {{name: {kind.name}, metric: dot{nulls}}}}}")
    assert params.engine == kind.params(metric="dot")


def test_the_projects_own_file_can_name_any_engine(tmp_path: Path) -> None:
    content = read_yaml(REPOSITORY / "params.yaml")
    for kind in ENGINES:
        content["index"]["engine"]["name"] = kind.name
        parsed = parse_block(IndexParams, content, Path("params.yaml"))
        assert isinstance(parsed.engine, kind.params)


@pytest.mark.parametrize(
    ("flat", "today"),
    [
        ("engine: annoy", "engine = 'annoy': should be written as engine: {name: annoy} now"),
        ("trees: null", "it is called index.engine.trees now"),
        ("search_k: 5", "it is called index.engine.search_k now"),
        ("seed: 0", "it is called index.engine.seed now"),
        ("metric: dot", "it is called index.engine.metric now"),
        ("target_recall: 0.9", "it is called index.engine.target_recall now"),
        ("faiss_factory: HNSW32", "it is called index.engine.factory now"),
        ("faiss_search: efSearch=64", "it is called index.engine.search now"),
    ],
)
def test_a_flat_key_is_one_line_that_says_where_it_is_today(
    flat: str, today: str, read: Callable[[str], IndexParams], one_line_error: OneLineError
) -> None:
    with one_line_error("params.yaml: index.", today):
        read(f"{{{flat}}}")


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("{name: anoy}", ("index.engine.name: = 'anoy'; there are annoy, exact, faiss, usearch",)),
        ("{trees: 5}", ("index.engine.name: missing; there are annoy, exact, faiss, usearch",)),
        ("{name: exact, trees: 5}", ("index.engine.trees: there is no such parameter",)),
        ("{name: annoy, tres: 5}", ("did you mean index.engine.trees?",)),
        ("{name: annoy, trees: 0}", ("index.engine.trees = 0: ", "greater than or equal to 1")),
        ("{name: annoy, trees: 1000000}", ("index.engine.trees = 1000000: ", "1000")),
        ("{name: annoy, search_k: 0}", ("index.engine.search_k = 0: ",)),
        ("{name: annoy, search_k: 2147483648}", ("index.engine.search_k", "2147483647")),
        ("{name: faiss, target_recall: 1.1}", ("index.engine.target_recall = 1.1: ",)),
        ("{name: exact, metric: cosine}", ("index.engine.metric = 'cosine': ", "'angular'")),
        ("[annoy]", ("index.engine = ['annoy']: ",)),
    ],
)
def test_what_is_wrong_with_an_engine_is_one_line_with_its_key(
    engine: str,
    words: tuple[str, ...],
    read: Callable[[str], IndexParams],
    one_line_error: OneLineError,
) -> None:
    with one_line_error("params.yaml: ", *words):
        read(f"{{engine: {engine}}}")
