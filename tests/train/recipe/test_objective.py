"""What training makes small."""

from typing import Any

import pytest
import torch
from pytorch_metric_learning import losses
from torch import Tensor

from lookalike.model.network import EmbeddingNetwork, Output
from lookalike.train.recipe.loss_params import LossParams
from lookalike.train.recipe.losses import score_loss
from lookalike.train.recipe.objective import Objective, detach_classifier

GENERATOR = torch.Generator().manual_seed(0)
EMBEDDINGS = torch.randn(12, 5, generator=GENERATOR)
LOGITS = torch.randn(12, 3, generator=GENERATOR)
TARGETS = torch.arange(12) % 3
OUTPUT = Output(EMBEDDINGS, LOGITS)
CROSS_ENTROPY = score_loss("cross_entropy", 0.0, 3)(LOGITS, TARGETS)

METRIC_LOSSES = ["arcface", "proxy_anchor", "supcon", "triplet"]


def objective(**values: Any) -> Objective:
    torch.manual_seed(1)
    return Objective(LossParams(**values), classes=3, dimension=5)


def test_it_is_cross_entropy_where_nothing_else_is_said() -> None:
    plain = Objective(LossParams(), classes=3, dimension=5)
    assert torch.equal(plain(OUTPUT, TARGETS), CROSS_ENTROPY)
    assert list(plain.parameters()) == []


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("arcface", lambda: losses.ArcFaceLoss(3, 5)),
        ("proxy_anchor", lambda: losses.ProxyAnchorLoss(3, 5)),
        ("supcon", lambda: losses.SupConLoss()),
        ("triplet", lambda: losses.TripletMarginLoss(margin=0.2)),
    ],
)
def test_a_metric_loss_is_added_with_its_weight(name: str, make: Any) -> None:
    whole = objective(added_loss=name, added_loss_weight=0.5)(OUTPUT, TARGETS)
    torch.manual_seed(1)
    assert torch.allclose(whole, CROSS_ENTROPY + 0.5 * make()(EMBEDDINGS, TARGETS))


@pytest.mark.parametrize("name", METRIC_LOSSES)
def test_alone_it_comes_with_cross_entropy_for_the_classifier(name: str) -> None:
    alone = objective(loss=name)(OUTPUT, TARGETS)
    assert torch.equal(alone, objective(added_loss=name)(OUTPUT, TARGETS))


@pytest.mark.parametrize("name", METRIC_LOSSES)
def test_embeddings_in_half_the_precision_are_compared_in_the_whole(name: str) -> None:
    half = Output(EMBEDDINGS.bfloat16(), LOGITS.bfloat16())
    with torch.autocast("cpu", torch.bfloat16):
        assert objective(loss=name)(half, TARGETS).dtype == torch.float32


@pytest.mark.parametrize("name", METRIC_LOSSES)
def test_embeddings_learn_from_a_metric_loss(name: str) -> None:
    embeddings = EMBEDDINGS.clone().requires_grad_()
    tested = objective(loss=name)
    before = tested(Output(embeddings, LOGITS), TARGETS)
    (gradient,) = torch.autograd.grad(before, embeddings)
    assert tested(Output(EMBEDDINGS - 0.01 * gradient, LOGITS), TARGETS) < before


@pytest.mark.parametrize(
    ("name", "learns"), [("arcface", 1), ("proxy_anchor", 1), ("supcon", 0), ("triplet", 0)]
)
def test_class_points_are_learned(name: str, learns: int) -> None:
    assert len(list(objective(loss=name).parameters())) == learns


def test_images_of_all_processes_are_compared() -> None:
    tested = objective(loss="supcon")
    whole = tested.metric(EMBEDDINGS, TARGETS)  # type: ignore[misc]

    def gather(rows: Tensor) -> Tensor:
        return EMBEDDINGS if rows.is_floating_point() else TARGETS

    tested.gather = gather
    share = Output(EMBEDDINGS[:6], LOGITS[:6])
    scores = tested.of_scores(LOGITS[:6], TARGETS[:6])
    assert torch.allclose(tested(share, TARGETS[:6]), scores + whole)


def test_a_detached_classifier_learns_and_the_rest_does_not_learn_from_it() -> None:
    network = EmbeddingNetwork("cnn:2", embedding_dim=5, classes=3)
    images = torch.zeros(2, 3, 32, 32)
    before = network.eval()(images).logits
    detach_classifier(network)
    logits = network(images).logits
    assert torch.equal(logits, before)
    logits.sum().backward()
    assert network.classifier.weight.grad is not None
    assert network.embedding.weight.grad is None
