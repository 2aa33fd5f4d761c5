"""All that the parameters make of a plain training."""

from typing import Any

import pytest
import torch

from lookalike.model.network import EmbeddingNetwork
from lookalike.train.params import TrainParams
from lookalike.train.recipe.recipe import Recipe


def recipe_of(**values: Any) -> Recipe:
    network = EmbeddingNetwork("cnn:2", embedding_dim=4, classes=3)
    return Recipe(network, TrainParams(**values), classes=3, seed=0)


def test_the_network_itself_is_kept_where_nothing_is_averaged() -> None:
    recipe = recipe_of()
    assert recipe.result is recipe.network
    assert list(recipe.stateful()) == ["objective"]


def test_the_average_is_kept_where_there_is_one() -> None:
    recipe = recipe_of(ema_decay=0.9)
    assert recipe.ema is not None
    assert recipe.result is recipe.ema.module
    assert list(recipe.stateful()) == ["objective", "ema"]


def test_dropout_is_that_of_the_recipe() -> None:
    assert recipe_of(head_dropout=0.3).network.dropout.p == 0.3


@pytest.mark.parametrize(("loss", "learns"), [("arcface", False), ("cross_entropy", True)])
def test_only_class_scores_that_are_learned_from_reach_the_embedding(
    loss: str, learns: bool
) -> None:
    network = recipe_of(loss=loss).network
    network(torch.zeros(2, 3, 32, 32)).logits.sum().backward()
    assert (network.embedding.weight.grad is not None) == learns


def test_class_points_learn_under_a_name_of_their_own() -> None:
    names = [name for name, _ in recipe_of(loss="arcface").named_parameters()]
    assert names[0].startswith("backbone.")
    assert names[-1] == "objective.metric.W"
    assert len(set(names)) == len(names)
