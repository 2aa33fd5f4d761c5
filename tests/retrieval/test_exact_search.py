"""Exact search by any metric."""

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.retrieval.exact_search import ExactSearch, Metric
from lookalike.retrieval.neighbors import exact_neighbors
from lookalike.retrieval.vectors import Vectors

METRICS: tuple[Metric, ...] = get_args(Metric)

# Along an axis: products and lengths are exact, and many tie
small = st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0]), min_size=3, max_size=3)
axes = st.tuples(st.sampled_from([-4.0, -2.0, -1.0, 0.0, 1.0, 2.0]), st.integers(0, 2)).map(
    lambda pair: [pair[0] if axis == pair[1] else 0.0 for axis in range(3)]
)
galleries = st.lists(axes, min_size=1, max_size=60).map(lambda rows: np.array(rows, np.float32))
queries = small.map(lambda row: np.array(row, np.float32))


def nearness(values: np.ndarray, query: np.ndarray, metric: Metric) -> np.ndarray:
    values, query = values.astype(np.float64), query.astype(np.float64)
    if metric == "euclidean":
        near: np.ndarray = -np.square(values - query).sum(axis=1)
        return near
    products: np.ndarray = values @ query
    lengths = np.linalg.norm(values, axis=1)
    return products if metric == "dot" else products / np.where(lengths > 0, lengths, 1)


def by_brute_force(
    values: np.ndarray, query: np.ndarray, metric: Metric, rows: np.ndarray
) -> list[int]:
    # Rounded, so that equal ones are equal however they were summed
    near = nearness(values, query, metric)[rows].round(9)
    order: list[int] = rows[np.lexsort((rows, -near))].tolist()
    return order


@pytest.mark.parametrize("metric", METRICS)
@given(values=galleries, query=queries, k=st.integers(1, 70), data=st.data())
def test_the_nearest_are_those_of_brute_force_equal_ones_by_row(
    metric: Metric, values: np.ndarray, query: np.ndarray, k: int, data: st.DataObject
) -> None:
    search = ExactSearch(Vectors.measured(values), metric)
    everything = np.arange(len(values))
    some = data.draw(st.sets(st.sampled_from(everything.tolist()), min_size=1))
    for rows in (None, np.array(sorted(some), np.int64)):
        expected = by_brute_force(values, query, metric, everything if rows is None else rows)[:k]
        assert search.nearest(query, k, rows).rows.tolist() == expected
        together = search.nearest_of_each(np.stack([query] * 3), k, rows).rows
        assert together[2][together[2] >= 0].tolist() == expected


@pytest.mark.parametrize("rows", [400, 401, 402, 403, 1003, 30_001])
@pytest.mark.parametrize("metric", METRICS)
def test_of_equal_vectors_the_first_rows_are_found(rows: int, metric: Metric) -> None:
    one = np.random.default_rng(0).normal(size=384).astype(np.float32)
    query = np.random.default_rng(1).normal(size=384).astype(np.float32)
    equal = np.tile(one, (rows, 1))
    search = ExactSearch(Vectors.measured(equal), metric)
    assert search.nearest(query, 5).rows.tolist() == [0, 1, 2, 3, 4]
    assert search.nearest_of_each(query[None], 5).rows.tolist() == [[0, 1, 2, 3, 4]]
    (neighbors,) = exact_neighbors(torch.from_numpy(query[None]), torch.from_numpy(equal), 5)
    assert neighbors.indices.tolist() == [[0, 1, 2, 3, 4]]


def test_among_many_rows_equal_ones_are_ordered_too() -> None:
    values = np.tile(np.random.default_rng(0).normal(size=16).astype(np.float32), (30_003, 1))
    rows = np.arange(1, 30_003, 2)
    search = ExactSearch(Vectors.measured(values), "angular")
    assert search.nearest(values[0], 4, rows).rows.tolist() == [1, 3, 5, 7]


@pytest.mark.parametrize("metric", METRICS)
def test_one_query_has_the_answer_that_it_has_among_others(metric: Metric) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(5000, 64)).astype(np.float32)
    some = random.normal(size=(40, 64)).astype(np.float32)
    search = ExactSearch(Vectors.measured(values), metric)
    together = search.nearest_of_each(some, 20).rows
    assert [search.nearest(query, 20).rows.tolist() for query in some] == together.tolist()


def test_cosines_are_told_by_angle_alone() -> None:
    values = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    vectors = Vectors.measured(values)
    rows, cosines = ExactSearch(vectors, "angular").nearest(values[0] * 3, 7)
    assert cosines == pytest.approx(vectors.cosines(values[0], rows), abs=1e-6)
    for metric in ("euclidean", "dot"):
        assert ExactSearch(vectors, metric).nearest(values[0], 7).cosines is None
