"""How a network does on the validation images."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning_fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from lookalike.images.loading import Batch
from lookalike.model.network import Output
from lookalike.train.validation import macro_auroc, recall_at_1, validate

GENERATOR = torch.Generator().manual_seed(0)
POINTS = torch.randn(24, 2, generator=GENERATOR)
SUBSETS = (POINTS[:, 0] > 0).long()


class Identity(nn.Module):
    """What it is shown is both the embedding and the logits."""

    def __init__(self) -> None:
        super().__init__()
        self.batches = nn.BatchNorm1d(2)  # would learn something, were it training

    def forward(self, points: Tensor) -> Output:
        return Output(points, self.batches(points))


def validated(size: int, network: nn.Module | None = None) -> dict[str, float]:
    batches: list[Batch] = list(zip(POINTS.split(size), SUBSETS.split(size), strict=True))
    fabric = Fabric(devices=1, accelerator="cpu")
    return validate(fabric, network or Identity(), nn.CrossEntropyLoss(), batches, lambda: None)


def test_metrics_are_means_over_images_whatever_the_batches() -> None:
    assert validated(24) == pytest.approx(validated(7))


def test_an_accuracy_is_the_share_of_right_answers() -> None:
    right = (POINTS.argmax(dim=1) == SUBSETS).double().mean()
    assert validated(5)["valid/accuracy"] == pytest.approx(float(right))


def test_validating_changes_nothing() -> None:
    network = Identity()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    validated(8, network)
    assert all(torch.equal(before[name], now) for name, now in network.state_dict().items())


@given(st.integers(2, 40), st.integers(3, 5), st.integers(0, 2**31))
def test_macro_auroc_is_that_of_scikit_learn(images: int, classes: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(images, classes, generator=generator).double().mul(8).round() / 8  # ties
    targets = torch.randint(classes, (images,), generator=generator)
    known = [c for c in range(classes) if 0 < (targets == c).sum() < images]
    expected = [roc_auc_score(targets == c, scores[:, c]) for c in known]
    assert macro_auroc(scores, targets) == pytest.approx(
        sum(expected) / len(expected) if expected else 0.5
    )


def test_an_image_is_found_where_its_nearest_other_image_is_of_its_class() -> None:
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.9, 0.0]])
    assert recall_at_1(embeddings, torch.tensor([0, 0, 1, 1])) == 0.25


def test_an_image_that_is_the_only_one_of_its_class_does_not_count() -> None:
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    assert recall_at_1(embeddings, torch.tensor([0, 0, 1])) == 1.0
    assert recall_at_1(embeddings, torch.tensor([0, 1, 2])) == 0.0
