import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.retrieval.evaluation import RECALL_AT, evaluate_retrieval

# Rows of length 1 whose cosines are exact, with many ties, each with its class.
halves = st.tuples(*4 * [st.sampled_from([-0.5, 0.5])])
axes = st.sampled_from([tuple(row) for row in np.concatenate([np.eye(4), -np.eye(4)]).tolist()])
labelled = st.lists(st.tuples(halves | axes, st.integers(0, 3)), min_size=1, max_size=30)

Labelled = list[tuple[tuple[float, ...], int]]


def tensors(items: Labelled) -> tuple[Tensor, Tensor]:
    return torch.tensor([item[0] for item in items]), torch.tensor([item[1] for item in items])


def reference(queries: Labelled, gallery: Labelled, same: bool) -> dict[str, float | int]:
    """The summary, query by query in plain Python."""
    scores: dict[str, list[float]] = {}
    without_match = 0
    for number, (query, target) in enumerate(queries):
        others = [
            (-sum(a * b for a, b in zip(query, vector, strict=True)), row, label)
            for row, (vector, label) in enumerate(gallery)
            if not (same and row == number)
        ]
        ranking = [label == target for _, _, label in sorted(others)]
        relevant = sum(ranking)
        if not relevant:
            without_match += 1
            continue
        precisions = [sum(ranking[: r + 1]) / (r + 1) for r in range(relevant) if ranking[r]]
        scores.setdefault("map_at_r", []).append(sum(precisions) / relevant)
        for k in RECALL_AT:
            if k <= len(ranking):
                scores.setdefault(f"recall_at_{k}", []).append(float(any(ranking[:k])))
    answered = len(queries) - without_match
    means = {key: sum(values) / len(values) for key, values in scores.items()}
    return {**means, "queries": answered, "queries_without_match": without_match}


@given(labelled, labelled)
def test_the_summary_is_that_of_the_reference(queries: Labelled, gallery: Labelled) -> None:
    found = evaluate_retrieval(*tensors(queries), *tensors(gallery)).summary()
    assert found == pytest.approx(reference(queries, gallery, same=False), abs=1e-6)


@given(labelled)
def test_the_summary_within_one_set_is_that_of_the_reference(images: Labelled) -> None:
    vectors, targets = tensors(images)
    rows = torch.arange(len(images))
    found = evaluate_retrieval(vectors, targets, vectors, targets, rows).summary()
    assert found == pytest.approx(reference(images, images, same=True), abs=1e-6)


def clusters(spread: float) -> tuple[Tensor, Tensor]:
    """Three classes of twenty vectors around three orthogonal directions."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(3).repeat_interleave(20)
    noise = spread * torch.randn(60, 8, generator=generator)
    return normalize(torch.eye(8)[targets] + noise, dim=1), targets


def test_classes_that_lie_apart_are_found_perfectly() -> None:
    vectors, targets = clusters(spread=0.05)
    found = evaluate_retrieval(vectors, targets, vectors, targets, torch.arange(60)).summary()
    assert found == {
        "recall_at_1": 1.0,
        "recall_at_5": 1.0,
        "recall_at_10": 1.0,
        "map_at_r": 1.0,
        "queries": 60,
        "queries_without_match": 0,
    }


def test_vectors_that_say_nothing_find_as_much_as_chance() -> None:
    vectors, targets = clusters(spread=100)
    found = evaluate_retrieval(vectors, targets, vectors, targets, torch.arange(60)).summary()
    assert found["recall_at_1"] == pytest.approx(1 / 3, abs=0.15)
    assert found["map_at_r"] < 0.25


def test_a_query_with_nothing_of_its_class_to_find_is_left_out_and_counted() -> None:
    vectors = torch.eye(4)
    found = evaluate_retrieval(
        vectors, torch.tensor([0, 1, 2, 0]), vectors, torch.tensor([0, 0, 1, 1])
    )
    assert found.queries.tolist() == [0, 1, 3]
    assert found.without_match == 1


def test_a_query_that_is_the_only_one_of_its_class_has_nothing_to_find() -> None:
    vectors, targets = torch.eye(4), torch.tensor([0, 0, 0, 1])
    found = evaluate_retrieval(vectors, targets, vectors, targets, torch.arange(4))
    assert found.queries.tolist() == [0, 1, 2]


def test_where_no_query_can_be_answered_there_are_counts_alone() -> None:
    vectors = torch.eye(3)
    found = evaluate_retrieval(vectors, torch.arange(3), vectors, torch.arange(3) + 3)
    assert found.summary() == {"queries": 0, "queries_without_match": 3}


def test_no_queries_give_counts_alone() -> None:
    empty, none = torch.empty(0, 3), torch.empty(0, dtype=torch.int64)
    found = evaluate_retrieval(empty, none, torch.eye(3), torch.arange(3))
    assert found.summary() == {"queries": 0, "queries_without_match": 0}


@pytest.mark.parametrize(("gallery", "ks"), [(4, [1]), (5, [1, 5]), (9, [1, 5]), (10, [1, 5, 10])])
def test_ranks_beyond_the_gallery_are_left_out(gallery: int, ks: list[int]) -> None:
    targets = torch.zeros(gallery, dtype=torch.int64)
    found = evaluate_retrieval(torch.eye(gallery), targets, torch.eye(gallery), targets)
    assert list(found.recall_at) == ks


def test_a_query_in_the_gallery_does_not_count_as_one_of_its_ranks() -> None:
    targets = torch.zeros(5, dtype=torch.int64)
    found = evaluate_retrieval(
        torch.eye(5), targets, torch.eye(5), targets, query_rows=torch.arange(5)
    )
    assert list(found.recall_at) == [1]


def test_there_is_a_value_for_each_answered_query() -> None:
    vectors, targets = clusters(spread=1)
    found = evaluate_retrieval(vectors, targets, vectors[:50], targets[:50])
    assert len(found.queries) == len(found.average_precision_at_r) == 60
    assert all(len(values) == 60 for values in found.recall_at.values())
