import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.retrieval.metrics import (
    average_precision_at_r,
    precision_at_k,
    r_precision,
    recall_at_k,
    reciprocal_rank,
)

rankings = st.integers(1, 12).flatmap(
    lambda ranks: st.lists(
        st.lists(st.booleans(), min_size=ranks, max_size=ranks), min_size=1, max_size=8
    )
)


def reference_recall(ranking: list[bool], k: int) -> float:
    return float(any(ranking[:k]))


def reference_average_precision(ranking: list[bool], relevant: int) -> float:
    hits, total = 0, 0.0
    for rank in range(1, relevant + 1):
        if ranking[rank - 1]:
            hits += 1
            total += hits / rank
    return total / relevant


@given(rankings, st.integers(1, 15))
def test_recall_is_that_of_the_reference(found: list[list[bool]], k: int) -> None:
    expected = [reference_recall(ranking, k) for ranking in found]
    assert recall_at_k(torch.tensor(found), k).tolist() == expected


@given(rankings, st.data())
def test_average_precision_is_that_of_the_reference(
    found: list[list[bool]], data: st.DataObject
) -> None:
    relevant = [data.draw(st.integers(1, len(ranking))) for ranking in found]
    expected = [reference_average_precision(*pair) for pair in zip(found, relevant, strict=True)]
    values = average_precision_at_r(torch.tensor(found), torch.tensor(relevant))
    assert values.tolist() == pytest.approx(expected, abs=1e-6)


@given(rankings, st.data())
def test_r_precision_counts_the_matches_of_the_first_r_ranks(
    found: list[list[bool]], data: st.DataObject
) -> None:
    relevant = [data.draw(st.integers(1, len(ranking))) for ranking in found]
    expected = [sum(ranking[:r]) / r for ranking, r in zip(found, relevant, strict=True)]
    values = r_precision(torch.tensor(found), torch.tensor(relevant))
    assert values.tolist() == pytest.approx(expected, abs=1e-6)


@given(rankings, st.data())
def test_precision_is_the_share_of_matches(found: list[list[bool]], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(found[0])))
    expected = [sum(ranking[:k]) / k for ranking in found]
    assert precision_at_k(torch.tensor(found), k).tolist() == pytest.approx(expected, abs=1e-6)


def test_precision_beyond_the_ranks_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="precision at 3 in 2 ranks"):
        precision_at_k(torch.ones(1, 2, dtype=torch.bool), 3)


def test_the_reciprocal_rank_is_that_of_the_first_match() -> None:
    found = torch.tensor([[True, True, True], [False, False, True], [False, False, False]])
    assert reciprocal_rank(found).tolist() == pytest.approx([1, 1 / 3, 0])


@given(rankings)
def test_recall_never_falls_as_k_grows(found: list[list[bool]]) -> None:
    recalls = torch.stack([recall_at_k(torch.tensor(found), k) for k in range(1, 13)])
    assert (recalls.diff(dim=0) >= 0).all()


@given(st.integers(1, 20), st.integers(0, 10))
def test_a_perfect_ranking_has_an_average_precision_of_1(relevant: int, others: int) -> None:
    matches = torch.tensor([[True] * relevant + [False] * others])
    assert average_precision_at_r(matches, torch.tensor([relevant])).tolist() == [1.0]


def test_matches_beyond_rank_r_do_not_count() -> None:
    matches = torch.tensor([[False, False, True, True]])
    assert average_precision_at_r(matches, torch.tensor([2])).tolist() == [0.0]


def test_average_precision_of_the_examples_of_its_paper() -> None:
    """Ten relevant images; found are the first, the first and tenth, the first two, all."""
    found = torch.zeros(4, 10, dtype=torch.bool)
    found[0, 0] = True
    found[1, [0, 9]] = True
    found[2, [0, 1]] = True
    found[3] = True
    values = average_precision_at_r(found, torch.full((4,), 10))
    assert values.tolist() == pytest.approx([0.1, 0.12, 0.2, 1.0])


@pytest.mark.parametrize("relevant", [0, 4])
def test_more_or_fewer_relevant_images_than_can_be_ranked_are_refused(relevant: int) -> None:
    with pytest.raises(ValueError, match="in 3 ranks"):
        average_precision_at_r(torch.ones(1, 3, dtype=torch.bool), torch.tensor([relevant]))
    with pytest.raises(ValueError, match="in 3 ranks"):
        r_precision(torch.ones(1, 3, dtype=torch.bool), torch.tensor([relevant]))
