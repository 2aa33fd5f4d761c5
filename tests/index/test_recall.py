"""How many of the exact nearest neighbors a search finds."""

from collections.abc import Callable

import numpy as np
import pytest

from lookalike.index.recall import recall_at_10
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Found, Vectors

VALUES = np.random.default_rng(0).normal(size=(2000, 24)).astype(np.float32)
EXACT = ExactSearch(Vectors.measured(VALUES), "angular")
ROWS = np.arange(0, 2000, 40)


def lossy(found: int) -> Callable[[np.ndarray, int], Found]:
    """A search that finds only the first few of the exact neighbors."""

    def find(queries: np.ndarray, k: int) -> Found:
        rows = EXACT.nearest_of_each(queries, k).rows
        rows[:, found:] = -1
        return Found(rows, None)

    return find


def test_exact_search_loses_nothing() -> None:
    assert recall_at_10(EXACT.nearest_of_each, EXACT, VALUES[ROWS] + 0.1) == 1


@pytest.mark.parametrize("found", [0, 3, 9])
def test_recall_is_the_share_of_the_ten_nearest(found: int) -> None:
    assert recall_at_10(lossy(found), EXACT, VALUES[ROWS] + 0.1) == pytest.approx(found / 10)


def test_a_query_of_the_index_is_not_its_own_neighbor() -> None:
    assert recall_at_10(lossy(1), EXACT, VALUES[ROWS], ROWS) == 0
    assert recall_at_10(lossy(11), EXACT, VALUES[ROWS], ROWS) == 1


def test_of_equal_vectors_any_is_right() -> None:
    twice = ExactSearch(Vectors.measured(np.repeat(VALUES[:300], 20, axis=0)), "angular")

    def backwards(queries: np.ndarray, k: int) -> Found:
        return Found(twice.nearest_of_each(queries, 20).rows[:, : -k - 1 : -1], None)

    assert recall_at_10(backwards, twice, VALUES[:30]) == 1


def test_fewer_vectors_than_neighbors_are_enough() -> None:
    few = ExactSearch(Vectors.measured(VALUES[:4]), "angular")
    assert recall_at_10(few.nearest_of_each, few, VALUES[:4]) == 1
    assert recall_at_10(few.nearest_of_each, few, VALUES[:4], np.arange(4)) == 1


def test_a_single_vector_has_no_neighbors_to_lose() -> None:
    one = ExactSearch(Vectors.measured(VALUES[:1]), "angular")
    assert recall_at_10(one.nearest_of_each, one, VALUES[:1], np.arange(1)) == 1
