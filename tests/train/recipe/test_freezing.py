"""What does not learn."""

import pytest
import torch
from torch import nn

from lookalike.model.network import EmbeddingNetwork
from lookalike.train.recipe.freezing import Freezing


@pytest.fixture
def network() -> EmbeddingNetwork:
    return EmbeddingNetwork("mobilenet_v3_small", embedding_dim=8, classes=3, head="mlp")


def step(network: EmbeddingNetwork) -> set[str]:
    """Take a step, and name the tensors that it changed."""
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    generator = torch.Generator().manual_seed(0)
    network(torch.rand(4, 3, 32, 32, generator=generator)).logits.square().sum().backward()
    optimizer.step()
    return {n for n, tensor in network.state_dict().items() if not torch.equal(tensor, before[n])}


def test_without_it_everything_learns(network: EmbeddingNetwork) -> None:
    Freezing(network, epochs=0, batchnorm=False).train(1)
    changed = step(network)
    assert {"backbone.features.0.0.weight", "backbone.features.0.1.running_mean"} <= changed


def test_in_the_first_epochs_only_the_heads_learn(network: EmbeddingNetwork) -> None:
    freezing = Freezing(network, epochs=2, batchnorm=False)
    for epoch in (1, 2):
        freezing.train(epoch)
        changed = step(network)
        assert not [name for name in changed if name.startswith("backbone")]
        assert {"embedding.0.weight", "embedding.1.running_mean", "classifier.weight"} <= changed
    freezing.train(3)
    assert [name for name in step(network) if name.startswith("backbone")]


def test_what_an_epoch_freezes_is_a_function_of_its_number(network: EmbeddingNetwork) -> None:
    freezing = Freezing(network, epochs=1, batchnorm=False)
    freezing.train(2)
    freezing.train(1)
    assert not [name for name in step(network) if name.startswith("backbone")]


def test_frozen_batch_norm_keeps_statistics_scale_and_shift(network: EmbeddingNetwork) -> None:
    Freezing(network, epochs=0, batchnorm=True).train(1)
    changed = step(network)
    norms = {
        f"backbone.{name}."
        for name, module in network.backbone.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    }
    assert norms
    assert not [name for name in changed if name.startswith(tuple(norms))]
    assert {"backbone.features.0.0.weight", "embedding.1.running_mean"} <= changed
