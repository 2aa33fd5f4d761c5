"""Retrieval, held against `AccuracyCalculator` of pytorch-metric-learning, ties included."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN, return_results
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.retrieval.evaluation import CURVE, RANKS, evaluate_rankings

# Rows of length 1 whose cosines are exact, with many ties, each with its class.
halves = st.tuples(*4 * [st.sampled_from([-0.5, 0.5])])
axes = st.sampled_from([tuple(row) for row in np.concatenate([np.eye(4), -np.eye(4)]).tolist()])
labeled = st.lists(st.tuples(halves | axes, st.integers(0, 3)), min_size=1, max_size=30)

Labeled = list[tuple[tuple[float, ...], int]]


def tensors(items: Labeled) -> tuple[Tensor, Tensor]:
    return torch.tensor([item[0] for item in items]), torch.tensor([item[1] for item in items])


def reference(queries: Labeled, gallery: Labeled, same: bool) -> dict[str, float | int]:
    """The summary, by pytorch-metric-learning where it has the metric."""

    def ranked(
        query: Tensor, k: int, reference: Tensor, includes_query: bool
    ) -> tuple[Tensor, Tensor]:
        order = (-query @ reference.T).sort(dim=1, stable=True)
        found: tuple[Tensor, Tensor] = return_results(order.values, order.indices, includes_query)
        return found

    answered = [
        number
        for number, (_, target) in enumerate(queries)
        if [label for _, label in gallery].count(target) > same
    ]
    counts = {"queries": len(answered), "queries_without_match": len(queries) - len(answered)}
    if not answered:
        return dict(counts)
    names = {
        "precision_at_1": "precision_at_1",
        "mean_average_precision_at_r": "map_at_r",
        "r_precision": "r_precision",
        "mean_reciprocal_rank": "mrr",
    }
    calculator = AccuracyCalculator(
        include=tuple(names), k=None, knn_func=ranked, kmeans_func=id, device=torch.device("cpu")
    )
    sides = (*tensors(queries), *tensors(gallery), same)
    means = {names[name]: value for name, value in calculator.get_accuracy(*sides).items()}
    _, rows = ranked(sides[0], len(gallery), sides[2], same)
    matches = (sides[3][rows] == sides[1][:, None])[answered].float()
    for k in RANKS:
        if k <= matches.shape[1]:
            means[f"recall_at_{k}"] = float(matches[:, :k].max(dim=1).values.mean())
            means[f"precision_at_{k}"] = float(matches[:, :k].mean())
    return {**means, **counts}


@given(labeled, labeled)
def test_the_summary_is_that_of_pytorch_metric_learning(queries: Labeled, gallery: Labeled) -> None:
    found = evaluate_rankings(*tensors(queries), *tensors(gallery)).summary()
    assert found == pytest.approx(reference(queries, gallery, same=False), abs=1e-6)


@given(labeled)
def test_the_summary_within_one_set_is_that_of_pytorch_metric_learning(images: Labeled) -> None:
    vectors, targets = tensors(images)
    rows = torch.arange(len(images))
    found = evaluate_rankings(vectors, targets, vectors, targets, rows).summary()
    assert found == pytest.approx(reference(images, images, same=True), abs=1e-6)


def test_its_own_search_by_cosine_ranks_alike() -> None:
    vectors, targets = clusters(spread=1)
    calculator = AccuracyCalculator(
        include=("mean_average_precision_at_r", "r_precision", "mean_reciprocal_rank"),
        knn_func=CustomKNN(CosineSimilarity()),
        kmeans_func=id,
        device=torch.device("cpu"),
    )
    expected = calculator.get_accuracy(vectors, targets)
    found = evaluate_rankings(vectors, targets, vectors, targets, torch.arange(60)).summary()
    assert found["map_at_r"] == pytest.approx(expected["mean_average_precision_at_r"])
    assert found["r_precision"] == pytest.approx(expected["r_precision"])
    assert found["mrr"] == pytest.approx(expected["mean_reciprocal_rank"])


def clusters(spread: float) -> tuple[Tensor, Tensor]:
    """Three classes of twenty vectors around three orthogonal directions."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(3).repeat_interleave(20)
    noise = spread * torch.randn(60, 8, generator=generator)
    return normalize(torch.eye(8)[targets] + noise, dim=1), targets


def test_classes_that_lie_apart_are_found_perfectly() -> None:
    vectors, targets = clusters(spread=0.05)
    found = evaluate_rankings(vectors, targets, vectors, targets, torch.arange(60)).summary()
    ones = {"queries", "queries_without_match"} ^ set(found)
    assert {found[name] for name in ones} == {1.0}
    assert (found["queries"], found["queries_without_match"]) == (60, 0)


def test_vectors_that_say_nothing_find_as_much_as_chance() -> None:
    vectors, targets = clusters(spread=100)
    found = evaluate_rankings(vectors, targets, vectors, targets, torch.arange(60)).summary()
    assert found["recall_at_1"] == pytest.approx(1 / 3, abs=0.15)
    assert found["map_at_r"] < 0.25


def test_a_query_with_nothing_of_its_class_to_find_is_left_out_and_counted() -> None:
    vectors = torch.eye(4)
    found = evaluate_rankings(
        vectors, torch.tensor([0, 1, 2, 0]), vectors, torch.tensor([0, 0, 1, 1])
    )
    assert found.queries.tolist() == [0, 1, 3]
    assert found.without_match == 1


def test_a_query_that_is_the_only_one_of_its_class_has_nothing_to_find() -> None:
    vectors, targets = torch.eye(4), torch.tensor([0, 0, 0, 1])
    found = evaluate_rankings(vectors, targets, vectors, targets, torch.arange(4))
    assert found.queries.tolist() == [0, 1, 2]


def test_where_no_query_can_be_answered_there_are_counts_alone() -> None:
    vectors = torch.eye(3)
    found = evaluate_rankings(vectors, torch.arange(3), vectors, torch.arange(3) + 3)
    assert found.summary() == {"queries": 0, "queries_without_match": 3}


def test_no_queries_give_counts_alone() -> None:
    empty, none = torch.empty(0, 3), torch.empty(0, dtype=torch.int64)
    found = evaluate_rankings(empty, none, torch.eye(3), torch.arange(3))
    assert found.summary() == {"queries": 0, "queries_without_match": 0}


@pytest.mark.parametrize(("gallery", "ks"), [(4, [1]), (5, [1, 5]), (9, [1, 5]), (10, [1, 5, 10])])
def test_ranks_beyond_the_gallery_are_left_out(gallery: int, ks: list[int]) -> None:
    targets = torch.zeros(gallery, dtype=torch.int64)
    found = evaluate_rankings(torch.eye(gallery), targets, torch.eye(gallery), targets)
    assert [k for k in RANKS if f"recall_at_{k}" in found.scores] == ks


def test_a_query_in_the_gallery_does_not_count_as_one_of_its_ranks() -> None:
    targets = torch.zeros(5, dtype=torch.int64)
    found = evaluate_rankings(
        torch.eye(5), targets, torch.eye(5), targets, query_rows=torch.arange(5)
    )
    assert "recall_at_1" in found.scores
    assert "recall_at_5" not in found.scores


def test_ranks_can_be_chosen() -> None:
    vectors, targets = clusters(spread=1)
    found = evaluate_rankings(vectors, targets, vectors, targets, ranks=[2, 3]).summary()
    assert [name for name in found if "_at_" in name] == [
        "recall_at_2",
        "recall_at_3",
        "precision_at_2",
        "precision_at_3",
        "map_at_r",
    ]


def test_there_is_a_value_for_each_answered_query() -> None:
    vectors, targets = clusters(spread=1)
    found = evaluate_rankings(vectors, targets, vectors[:50], targets[:50])
    assert len(found.queries) == len(found.matches) == 60
    assert all(len(values) == 60 for values in found.scores.values())


def test_a_first_match_beyond_the_ranks_that_are_looked_at_counts_at_its_rank() -> None:
    angles = torch.linspace(0, 1, 4 * CURVE)
    gallery = torch.stack([angles.cos(), angles.sin()], dim=1)
    targets = torch.zeros(4 * CURVE, dtype=torch.int64)
    targets[[0, 3 * CURVE - 1]] = 1
    found = evaluate_rankings(
        gallery, targets, gallery, targets, query_rows=torch.arange(4 * CURVE)
    )
    first = found.queries.tolist().index(0)
    assert float(found.scores["mrr"][first]) == pytest.approx(1 / (3 * CURVE - 1))
    assert float(found.scores["recall_at_10"][first]) == 0


def test_the_curve_has_the_mean_recall_and_precision_at_every_rank() -> None:
    vectors, targets = clusters(spread=1)
    found = evaluate_rankings(vectors, targets, vectors, targets, torch.arange(60))
    curve, summary = found.curve(), found.summary()
    assert [k for k, _, _ in curve] == list(range(1, CURVE + 1))
    for k in RANKS:
        assert curve[k - 1][1] == pytest.approx(summary[f"recall_at_{k}"])
        assert curve[k - 1][2] == pytest.approx(summary[f"precision_at_{k}"])


def test_where_nothing_was_answered_the_curve_is_empty() -> None:
    found = evaluate_rankings(torch.eye(3), torch.arange(3), torch.eye(3), torch.arange(3) + 3)
    assert found.curve() == []
