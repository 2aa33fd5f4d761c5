import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.retrieval.neighbors import QUERIES_AT_ONCE, Neighbors, exact_neighbors

Rankings = tuple[list[list[int]], list[list[float]]]


def unit(rows: int, dimension: int, seed: int = 0) -> Tensor:
    return normalize(
        torch.randn(rows, dimension, generator=torch.Generator().manual_seed(seed)), dim=1
    )


# Rows of length 1 whose cosines are exact, with many ties: (0.5, -0.5, 0.5, 0.5), (0, 1, 0, 0), ...
halves = st.tuples(*4 * [st.sampled_from([-0.5, 0.5])])
axes = st.sampled_from([tuple(row) for row in np.concatenate([np.eye(4), -np.eye(4)]).tolist()])
exact_vectors = st.lists(halves | axes, min_size=2, max_size=60).map(torch.tensor)


def joined(blocks: list[Neighbors]) -> tuple[Tensor, Tensor]:
    indices = torch.cat([block.indices for block in blocks])
    return indices, torch.cat([block.similarities for block in blocks])


def search(
    queries: Tensor, gallery: Tensor, k: int, query_rows: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    return joined(list(exact_neighbors(queries, gallery, k, query_rows)))


def by_brute_force(
    queries: Tensor, gallery: Tensor, k: int, query_rows: Tensor | None = None
) -> Rankings:
    """Every pair in double precision, sorted by falling similarity, then by row."""
    indices, similarities = [], []
    for number, query in enumerate(queries.double().numpy()):
        pairs = [
            (-float(query @ vector), row)
            for row, vector in enumerate(gallery.double().numpy())
            if query_rows is None or row != query_rows[number]
        ]
        nearest = sorted(pairs)[:k]
        indices.append([row for _, row in nearest])
        similarities.append([-similarity for similarity, _ in nearest])
    return indices, similarities


@given(queries=exact_vectors, gallery=exact_vectors, k=st.integers(1, 70))
def test_neighbors_are_those_of_brute_force_ties_by_row(
    queries: Tensor, gallery: Tensor, k: int
) -> None:
    indices, similarities = search(queries, gallery, k)
    expected = by_brute_force(queries, gallery, k)
    assert (indices.tolist(), similarities.tolist()) == expected


@given(gallery=exact_vectors, k=st.integers(1, 70), data=st.data())
def test_a_query_of_the_gallery_is_no_neighbor_of_itself(
    gallery: Tensor, k: int, data: st.DataObject
) -> None:
    rows = torch.tensor(data.draw(st.lists(st.integers(0, len(gallery) - 1), min_size=1)))
    indices, similarities = search(gallery[rows], gallery, k, rows)
    expected = by_brute_force(gallery[rows], gallery, k, rows)
    assert (indices.tolist(), similarities.tolist()) == expected
    assert not (indices == rows[:, None]).any()


@given(st.integers(1, 40), st.integers(1, 200), st.integers(2, 80), st.integers(0, 1000))
def test_similarities_are_cosines_and_fall(n: int, m: int, dimension: int, seed: int) -> None:
    queries, gallery = unit(n, dimension, seed), unit(m, dimension, seed + 1)
    indices, similarities = search(queries, gallery, 10)
    cosines = (queries[:, None].double() * gallery[indices].double()).sum(dim=2)
    assert torch.allclose(similarities.double(), cosines, atol=1e-6)
    assert (similarities.diff(dim=1) <= 0).all()


@given(st.integers(1, 20), st.integers(1, 150), st.integers(2, 400), st.integers(0, 1000))
def test_equal_rows_of_the_gallery_tie_whatever_the_shapes(
    n: int, m: int, dimension: int, seed: int
) -> None:
    gallery = unit(m, dimension, seed).repeat(3, 1)
    indices, similarities = search(unit(n, dimension, seed + 1), gallery, 3 * m)
    first, second, third = similarities.gather(1, indices.argsort(dim=1)).split(m, dim=1)
    assert torch.equal(first, second)
    assert torch.equal(second, third)
    ties = similarities.diff(dim=1) == 0
    assert (indices.diff(dim=1)[ties] > 0).all()


def test_a_query_has_the_same_neighbors_alone_as_in_company() -> None:
    queries, gallery = unit(300, 384), unit(2000, 384, seed=1)
    indices, similarities = search(queries, gallery, 20)
    for number in (0, 17, QUERIES_AT_ONCE, 299):
        alone = search(queries[number : number + 1], gallery, 20)
        assert torch.equal(alone[0][0], indices[number])
        assert torch.allclose(alone[1][0], similarities[number])


def test_queries_come_in_blocks_that_cover_them_in_order() -> None:
    blocks = list(exact_neighbors(unit(2 * QUERIES_AT_ONCE + 1, 4), unit(5, 4), 2))
    spans = [(block.start, block.stop) for block in blocks]
    assert spans == [(0, 256), (256, 512), (512, 513)]
    assert [len(block.indices) for block in blocks] == [256, 256, 1]


def test_a_small_gallery_gives_fewer_neighbors() -> None:
    vectors = unit(3, 4)
    assert search(vectors, vectors, 10)[0].shape == (3, 3)
    assert search(vectors, vectors, 10, torch.arange(3))[0].shape == (3, 2)


def test_no_queries_give_no_blocks() -> None:
    assert list(exact_neighbors(torch.empty(0, 4), unit(5, 4), 2)) == []


def test_the_vectors_that_are_given_are_left_as_they_are() -> None:
    vectors = unit(20, 8)
    before = vectors.clone()
    search(vectors, vectors, 5, torch.arange(20))
    assert torch.equal(vectors, before)


@pytest.mark.parametrize(
    ("queries", "gallery"), [((2, 3), (5, 4)), ((3,), (5, 3)), ((2, 3), (5, 3, 1))]
)
def test_shapes_that_do_not_fit_are_refused(
    queries: tuple[int, ...], gallery: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="cannot compare"):
        list(exact_neighbors(torch.zeros(queries), torch.zeros(gallery), 1))


def test_no_neighbors_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="k = 0: should be at least 1"):
        list(exact_neighbors(unit(2, 3), unit(5, 3), 0))
