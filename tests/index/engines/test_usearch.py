"""What is USearch's alone."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from lookalike.index.engines.engine import EngineParams
from lookalike.index.engines.usearch import Usearch, UsearchEngine, build, effort, tune
from lookalike.index.tuning import HeldOut
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Vectors

RANDOM = np.random.default_rng(0)
VECTORS = Vectors.measured(RANDOM.normal(size=(300, 6)).astype(np.float32))
MANY = Vectors.measured(RANDOM.normal(size=(3000, 32)).astype(np.float32))


def test_a_file_of_other_vectors_cannot_be_opened(tmp_path: Path) -> None:
    build(VECTORS, tmp_path / "index", Usearch())
    wider = Vectors.measured(np.ones((300, 7), np.float32))
    with pytest.raises(ValueError, match="vectors of another size"):
        UsearchEngine(tmp_path / "index", wider, Usearch())


@pytest.mark.parametrize("kept", [0, 100, -100])
def test_a_broken_file_cannot_be_opened(kept: int, tmp_path: Path) -> None:
    build(VECTORS, tmp_path / "whole", Usearch())
    (tmp_path / "index").write_bytes((tmp_path / "whole").read_bytes()[:kept])
    with pytest.raises(ValueError, match="index is no whole USearch index"):
        UsearchEngine(tmp_path / "index", VECTORS, Usearch())


def test_by_default_vectors_are_kept_in_16_bits(tmp_path: Path) -> None:
    sizes = {}
    for precision in ("bf16", "fp32"):
        build(MANY, tmp_path / precision, Usearch(precision=precision))
        sizes[precision] = (tmp_path / precision).stat().st_size
    build(MANY, tmp_path / "default", Usearch())
    assert sizes["fp32"] - sizes["bf16"] == MANY.values.nbytes // 2
    assert (tmp_path / "default").read_bytes() == (tmp_path / "bf16").read_bytes()


def test_whole_vectors_find_what_16_bits_cannot_tell_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = (np.ones((200, 32)) + RANDOM.normal(size=(200, 32)) * 0.1).astype(np.float32)
    vectors = Vectors.measured(near)
    build(vectors, tmp_path / "index", Usearch())
    engine = UsearchEngine(tmp_path / "index", vectors, Usearch(expansion=200))
    exact = ExactSearch(vectors, "angular").nearest_of_each(near, 10)
    found = engine.nearest_of_each(near, 10)
    assert (found.rows == exact.rows).mean() > 0.99
    monkeypatch.setattr("lookalike.index.engines.usearch.COMPARED", 1)
    assert (engine.nearest_of_each(near, 10).rows == exact.rows).mean() < 0.97


def test_without_its_package_there_is_one_line_and_parameters_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    one_line_error: Callable[..., AbstractContextManager[None]],
) -> None:
    monkeypatch.setitem(sys.modules, "usearch", None)
    params: EngineParams = Usearch(connectivity=8)
    assert isinstance(params, Usearch)
    with one_line_error("pip install 'lookalike[usearch]'"):
        build(VECTORS, tmp_path / "index", params)


# --- how much a query inspects, chosen by measured recall --------------------------------------


def chosen_of(params: Usearch, scratch: Path) -> Usearch:
    return tune(params, HeldOut(MANY, params.metric, 1000, scratch)).params


def test_what_a_query_inspects_rises_until_the_target_is_reached(tmp_path: Path) -> None:
    params = Usearch(target_recall=0.9)
    tuned, trials = tune(params, HeldOut(MANY, params.metric, 1000, tmp_path))
    assert tuned.expansion == trials[-1].effort == effort(tuned, 3000)
    reached = [trial.recall_at_10 >= 0.9 for trial in trials]
    assert reached == [False] * (len(trials) - 1) + [True]
    assert {trial.engine for trial in trials} == {"usearch, bf16"}
    assert list(tmp_path.iterdir()) == []


def test_the_choice_is_a_function_of_vectors_and_parameters(tmp_path: Path) -> None:
    params = Usearch(target_recall=0.9)
    assert chosen_of(params, tmp_path) == chosen_of(params, tmp_path)


def test_an_expansion_that_is_given_stays(tmp_path: Path) -> None:
    params, trials = tune(Usearch(expansion=64), HeldOut(MANY, "angular", 1000, tmp_path))
    assert (params.precision, params.connectivity, params.expansion) == ("bf16", 16, 64)
    assert trials == []


def test_of_a_single_vector_nothing_is_tried(tmp_path: Path) -> None:
    one = Vectors.measured(MANY.values[:1])
    params, trials = tune(Usearch(), HeldOut(one, "angular", 1000, tmp_path))
    assert params.expansion == 10
    assert trials == []
