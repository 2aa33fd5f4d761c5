"""How much the approximate index loses against exact search."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from lookalike.images.split_file import SplitImage
from lookalike.index.engines.exact import Exact
from lookalike.index.quality import recall_at_10, retrieval_from_gallery
from lookalike.model.network import normalize
from lookalike.retrieval.vectors import Found, Vectors

VALUES = np.random.default_rng(0).normal(size=(2000, 24)).astype(np.float32)
EXACT = Exact(Vectors.measured(VALUES), "angular")
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
    twice = Exact(Vectors.measured(np.repeat(VALUES[:300], 20, axis=0)), "angular")

    def backwards(queries: np.ndarray, k: int) -> Found:
        return Found(twice.nearest_of_each(queries, 20).rows[:, : -k - 1 : -1], None)

    assert recall_at_10(backwards, twice, VALUES[:30]) == 1


def test_fewer_vectors_than_neighbors_are_enough() -> None:
    few = Exact(Vectors.measured(VALUES[:4]), "angular")
    assert recall_at_10(few.nearest_of_each, few, VALUES[:4]) == 1
    assert recall_at_10(few.nearest_of_each, few, VALUES[:4], np.arange(4)) == 1


def test_a_single_vector_has_no_neighbors_to_lose() -> None:
    one = Exact(Vectors.measured(VALUES[:1]), "angular")
    assert recall_at_10(one.nearest_of_each, one, VALUES[:1], np.arange(1)) == 1


# --- retrieval from the gallery --------------------------------------------------------------


def image(row: int, label: str, split: str) -> SplitImage:
    return SplitImage(row, f"{label}/{row}.png", label, split)


AXES = torch.eye(3)


def test_test_images_are_looked_for_among_all_others() -> None:
    unit = AXES[[0, 0, 1, 1]]
    split = [
        image(0, "a", "train"),
        image(1, "a", "test"),
        image(2, "b", "valid"),
        image(3, "b", "test"),
    ]
    found = retrieval_from_gallery(unit, split)
    assert (found["recall_at_1"], found["map_at_r"]) == (1.0, 1.0)
    assert (found["queries"], found["queries_without_match"]) == (2, 0)


def test_other_test_images_are_not_found() -> None:
    unit = AXES[[0, 0, 1]]  # the two test images are equal, the training image is far
    split = [image(0, "a", "test"), image(1, "a", "test"), image(2, "b", "train")]
    assert retrieval_from_gallery(unit, split) == {"queries": 0, "queries_without_match": 2}


def test_images_outside_the_split_are_not_found() -> None:
    unit = normalize(torch.tensor([[1.0, 0], [1, 0], [0, 1], [1, 0.5]]))
    split = [image(1, "a", "test"), image(2, "b", "train"), image(3, "a", "train")]
    assert retrieval_from_gallery(unit, split)["recall_at_1"] == 1.0


def test_without_a_split_there_is_nothing_to_measure() -> None:
    assert retrieval_from_gallery(AXES, []) == {"queries": 0, "queries_without_match": 0}
