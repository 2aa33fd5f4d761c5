"""What is Faiss's alone."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from lookalike.index.engines.engine import EngineParams
from lookalike.index.engines.faiss import Faiss, FaissEngine, build, effort, tune
from lookalike.index.tuning import HeldOut, Trial
from lookalike.retrieval.vectors import Vectors

OneLineError = Callable[..., AbstractContextManager[None]]

RANDOM = np.random.default_rng(0)
VECTORS = Vectors.measured(RANDOM.normal(size=(300, 6)).astype(np.float32))
MANY = Vectors.measured(RANDOM.normal(size=(3000, 32)).astype(np.float32))


def opened(folder: Path, params: Faiss) -> FaissEngine:
    build(VECTORS, folder / "index", params)
    return FaissEngine(folder / "index", VECTORS, params)


def test_a_file_of_other_vectors_cannot_be_opened(tmp_path: Path) -> None:
    build(VECTORS, tmp_path / "index", Faiss())
    wider = Vectors.measured(np.ones((300, 7), np.float32))
    with pytest.raises(ValueError, match="vectors of another size"):
        FaissEngine(tmp_path / "index", wider, Faiss())


def test_a_broken_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "index").write_bytes(b"IxHN" + bytes(100))
    with pytest.raises(ValueError, match="index is no whole Faiss index"):
        FaissEngine(tmp_path / "index", VECTORS, Faiss())


def test_it_tells_no_cosines_where_it_keeps_codes_only(tmp_path: Path) -> None:
    assert opened(tmp_path, Faiss(factory="SQ4")).nearest(VECTORS.values[0], 3).cosines is None


def test_what_has_to_learn_first_is_trained(tmp_path: Path) -> None:
    engine = opened(tmp_path, Faiss(factory="IVF4,Flat", search="nprobe=4"))
    assert engine.nearest(VECTORS.values[9], 1).rows.tolist() == [9]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (Faiss(factory="HSNW"), ("index.engine.factory = 'HSNW'", "could not parse")),
        (Faiss(factory="IVF400,Flat"), ("IVF400", "training points (300)")),
        (Faiss(search="nprobe=3"), ("index.engine.search = 'nprobe=3'",)),
        (Faiss(search="efSearch=many"), ("index.engine.search = 'efSearch=many'",)),
    ],
)
def test_what_faiss_does_not_know_is_one_line(
    params: Faiss, words: tuple[str, ...], tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(*words):
        build(VECTORS, tmp_path / "index", params)


def test_without_its_package_there_is_one_line_and_parameters_can_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    params: EngineParams = Faiss(factory="HNSW8")
    assert isinstance(params, Faiss)
    with one_line_error("pip install 'lookalike[faiss]'"):
        build(VECTORS, tmp_path / "index", params)


# --- how much a query inspects, chosen by measured recall --------------------------------------


def chosen_of(params: Faiss, scratch: Path) -> tuple[Faiss, list[Trial]]:
    return tune(params, HeldOut(MANY, params.metric, 1000, scratch))


@pytest.mark.parametrize(("factory", "name"), [(None, "efSearch"), ("IVF16,Flat", "nprobe")])
def test_what_a_query_inspects_rises_until_the_target_is_reached(
    factory: str | None, name: str, tmp_path: Path
) -> None:
    params, trials = chosen_of(Faiss(factory=factory, target_recall=0.9), tmp_path)
    assert params.search == f"{name}={trials[-1].effort}"
    assert effort(params, 3000) == trials[-1].effort
    reached = [trial.recall_at_10 >= 0.9 for trial in trials]
    assert reached == [False] * (len(trials) - 1) + [True]
    assert {trial.engine for trial in trials} == {f"faiss, {params.factory}"}
    assert list(tmp_path.iterdir()) == []


def test_a_higher_target_inspects_more(tmp_path: Path) -> None:
    hasty, thorough = (
        chosen_of(Faiss(target_recall=target), tmp_path)[0] for target in (0.5, 0.99)
    )
    assert effort(hasty, 3000) < effort(thorough, 3000)


def test_the_choice_is_a_function_of_vectors_and_parameters(tmp_path: Path) -> None:
    params = Faiss(target_recall=0.9)
    assert chosen_of(params, tmp_path) == chosen_of(params, tmp_path)


def test_codes_that_lose_too_much_are_tried_with_all_clusters(tmp_path: Path) -> None:
    params, trials = chosen_of(Faiss(factory="IVF16,PQ4x4"), tmp_path)
    assert params.search == "nprobe=16"
    assert trials[-1].recall_at_10 < 0.99


def test_where_nothing_can_be_chosen_there_is_one_trial(tmp_path: Path) -> None:
    params, trials = chosen_of(Faiss(factory="Flat"), tmp_path)
    assert params.search == ""
    assert [(trial.effort, trial.recall_at_10) for trial in trials] == [(2700, 1.0)]


def test_search_parameters_that_are_given_stay(tmp_path: Path) -> None:
    params, trials = chosen_of(Faiss(search="efSearch=64"), tmp_path)
    assert (params.factory, params.search, trials) == ("HNSW32", "efSearch=64", [])


@pytest.mark.parametrize(
    ("search", "inspected"), [("efSearch=64", 64), ("ht=3, nprobe=7", 7), ("", 500), (None, 500)]
)
def test_the_effort_is_read_from_the_search_parameters(search: str | None, inspected: int) -> None:
    assert effort(Faiss(search=search), 500) == inspected
