"""The embedding head."""

import pytest
import torch
from torch import nn

from lookalike.model.head import build_head
from lookalike.model.head_layers import Head, HeadLayers
from lookalike.model.network import EmbeddingNetwork


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_a_head_gives_embeddings_of_the_size_asked_for(kind: Head) -> None:
    assert build_head(kind, 12, 5)(torch.randn(4, 12)).shape == (4, 5)


def test_the_linear_head_is_linear() -> None:
    head = build_head("linear", 12, 5)
    one, other = torch.randn(2, 4, 12)
    both = head(one) + head(other) - head(torch.zeros(4, 12))
    assert torch.allclose(head(one + other), both, atol=1e-5)


def test_the_mlp_has_a_hidden_layer_with_batch_norm() -> None:
    head = build_head("mlp", 12, 5)
    assert not torch.allclose(head(torch.ones(2, 12) * 2), head(torch.ones(2, 12)) * 2)
    assert [name for name, _ in head.named_buffers()][:2] == ["1.running_mean", "1.running_var"]


def test_a_head_has_as_many_layers_as_are_asked_for_with_dropout_before_each() -> None:
    head = HeadLayers(layers=[512, 128], dropout=[0.5, 0.25, 0.25])
    network = EmbeddingNetwork("cnn:4", 128, 3, head=head)
    widths = [
        (it.in_features, it.out_features) for it in network.modules() if type(it) is nn.Linear
    ]
    assert widths == [(32, 512), (512, 128), (128, 3)]
    rates = [it.p for it in network.embedding.modules() if isinstance(it, nn.Dropout)]
    assert [*rates, network.classifier_dropout.p] == [0.5, 0.25, 0.25]


def test_dropout_is_for_training_alone() -> None:
    head = HeadLayers(layers=[16, 8], dropout=[0.5, 0.5, 0.9])
    network, images = EmbeddingNetwork("cnn:4", 8, 3, head=head), torch.rand(4, 3, 32, 32)
    network.train()
    assert not torch.equal(network(images).logits, network(images).logits)
    network.eval()
    assert torch.equal(network(images).logits, network(images).logits)


def test_layers_without_dropout_see_all() -> None:
    assert HeadLayers(layers=[16, 8]).rates == [0.0, 0.0, 0.0]
