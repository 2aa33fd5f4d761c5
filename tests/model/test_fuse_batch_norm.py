"""Batch norms fused into convolutions."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lookalike.model.artifact import Model, load_model
from lookalike.model.fuse_batch_norm import fuse_batch_norm
from lookalike.model.network import EmbeddingNetwork


def trained(backbone: str) -> EmbeddingNetwork:
    """A network whose batch norms have seen something."""
    torch.manual_seed(0)
    network = EmbeddingNetwork(backbone, 16, 5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_mean, module.bias):
                assert tensor is not None
                nn.init.normal_(tensor, std=0.1)
            for tensor in (module.running_var, module.weight):
                assert tensor is not None
                nn.init.uniform_(tensor, 0.5, 1.5)
    return network.eval()


def pixels() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8, generator=generator)


def batch_norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2", "cnn:8"])
def test_a_fused_network_says_the_same_without_batch_norms(backbone: str) -> None:
    network = trained(backbone)
    fused = fuse_batch_norm(network, "fp32", 32)
    assert batch_norms(network) > 0
    assert batch_norms(fused) == 0
    for before, after in zip(network(pixels()), fused(pixels()), strict=True):
        assert torch.allclose(before, after, atol=1e-4, rtol=1e-3)


def test_a_network_without_batch_norms_says_the_same_to_the_last_bit() -> None:
    network = trained("vgg11")
    before, after = network(pixels()), fuse_batch_norm(network, "fp32", 32)(pixels())
    assert torch.equal(before.embeddings, after.embeddings)


def test_the_network_itself_is_left_as_it_is(tiny_model: Path) -> None:
    model = load_model(tiny_model)
    before = {name: tensor.clone() for name, tensor in model.network.state_dict().items()}
    assert model.fused is not model.network
    after = model.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_at_bf16_the_weights_are_rounded_once_and_the_pixels_are_not(model: Model) -> None:
    fused = fuse_batch_norm(model.network, "bf16", 32)
    kinds = {module.weight.dtype for module in fused.modules() if isinstance(module, nn.Conv2d)}
    assert kinds == {torch.bfloat16}
    assert fused.mean.dtype == torch.float32
