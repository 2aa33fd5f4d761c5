"""Trees and nodes for Annoy, chosen by measured recall."""

from pathlib import Path

import numpy as np
import pytest

from lookalike.index.params import IndexParams
from lookalike.index.tuning import Trial, choose
from lookalike.retrieval.vectors import Vectors

RANDOM = np.random.default_rng(0)
# Clusters, as embeddings of classes are
VALUES = RANDOM.normal(size=(20, 1, 24)) + 0.5 * RANDOM.normal(size=(20, 100, 24))
VECTORS = Vectors.measured(VALUES.reshape(2000, 24).astype(np.float32))


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> tuple[IndexParams, list[Trial]]:
    return choose(VECTORS, IndexParams(), tmp_path_factory.mktemp("scratch"))


def test_the_numbers_that_are_chosen_reach_the_target_first(
    chosen: tuple[IndexParams, list[Trial]],
) -> None:
    params, trials = chosen
    of_trees = [trial for trial in trials if trial.trees == params.trees]
    assert [trial.recall_at_10 >= 0.99 for trial in of_trees] == [False] * (len(of_trees) - 1) + [
        True
    ]
    # 1800 of 2000 vectors were tried
    assert params.search_k == pytest.approx(of_trees[-1].search_k * 2000 / 1800, abs=1)


def test_every_trial_is_a_point_of_the_curve(chosen: tuple[IndexParams, list[Trial]]) -> None:
    for trees in {trial.trees for trial in chosen[1]}:
        of_trees = [trial for trial in chosen[1] if trial.trees == trees]
        nodes = [trial.search_k for trial in of_trees]
        assert nodes == sorted(nodes)
        assert len({trial.file_bytes for trial in of_trees}) == 1


def test_the_choice_is_a_function_of_vectors_and_parameters(
    chosen: tuple[IndexParams, list[Trial]], tmp_path: Path
) -> None:
    assert choose(VECTORS, IndexParams(), tmp_path) == chosen
    assert list(tmp_path.iterdir()) == []


def test_a_higher_target_inspects_more(
    chosen: tuple[IndexParams, list[Trial]], tmp_path: Path
) -> None:
    hasty, _ = choose(VECTORS, IndexParams(trees=10, target_recall=0.6), tmp_path)
    thorough, _ = choose(VECTORS, IndexParams(trees=10, target_recall=0.999), tmp_path)
    assert hasty.search_k is not None
    assert thorough.search_k is not None
    assert hasty.search_k < thorough.search_k


def test_trees_that_are_given_stay(tmp_path: Path) -> None:
    params, trials = choose(VECTORS, IndexParams(trees=3), tmp_path)
    assert params.trees == 3
    assert {trial.trees for trial in trials} == {3}


def test_a_search_k_that_is_given_stays(tmp_path: Path) -> None:
    params, trials = choose(VECTORS, IndexParams(search_k=5000), tmp_path)
    assert params.search_k == 5000
    assert {trial.search_k for trial in trials} == {5000}


@pytest.mark.parametrize("params", [IndexParams(trees=7, search_k=70), IndexParams(engine="exact")])
def test_where_nothing_is_to_be_chosen_nothing_is_tried(
    params: IndexParams, tmp_path: Path
) -> None:
    assert choose(VECTORS, params, tmp_path) == (params, [])


def test_where_exact_search_is_cheaper_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scattered = Vectors.measured(RANDOM.normal(size=(500, 64)).astype(np.float32))
    params, _ = choose(scattered, IndexParams(), tmp_path)
    assert params.search_k is not None
    assert params.search_k >= 500
    assert capsys.readouterr().err == (
        "index: exact search would be cheaper: it looks at 500 vectors a query, Annoy at "
        f"{params.search_k} nodes; set index.engine: exact\n"
    )


def test_where_the_target_is_not_reached_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scattered = Vectors.measured(RANDOM.normal(size=(2000, 64)).astype(np.float32))
    choose(scattered, IndexParams(search_k=20, target_recall=1.0), tmp_path)
    assert "less than index.target_recall = 1.0" in capsys.readouterr().err


@pytest.mark.parametrize("rows", [1, 2, 11])
def test_a_handful_of_vectors_is_enough(rows: int, tmp_path: Path) -> None:
    few = Vectors.measured(VECTORS.values[:rows])
    params, _ = choose(few, IndexParams(), tmp_path)
    assert params.trees is not None
    assert params.search_k is not None
