"""The embedding head."""

import pytest
import torch

from lookalike.model.description import HeadKind
from lookalike.model.head import build_head


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_a_head_gives_embeddings_of_the_size_asked_for(kind: HeadKind) -> None:
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
