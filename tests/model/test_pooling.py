"""From a map of features to one vector."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from torch import Tensor

from lookalike.core.choices import Pooling
from lookalike.model.artifact import load_model, save_model
from lookalike.model.backbones import build_backbone
from lookalike.model.image_size import build_shapes
from lookalike.model.pooling import GEM_POWER, PowerMean
from lookalike.train.network import describe, starting_network
from lookalike.train.params import TrainParams

OneLineError = Callable[..., AbstractContextManager[None]]
VIT = "timm/vit_tiny_patch16_224"
SIDES = {"cnn:4": 32, "mobilenet_v2": 32, "resnet18": 64, "timm/convnext_atto": 32, VIT: 64}


def features(name: str, pooling: Pooling) -> Tensor:
    torch.manual_seed(0)
    backbone, _ = build_backbone(name, pooling=pooling)
    images = torch.rand(2, 3, SIDES[name], SIDES[name], generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found: Tensor = backbone.eval()(images)
    return found


@pytest.mark.parametrize("name", sorted(set(SIDES) - {VIT}))
def test_most_convolutional_networks_take_the_mean_by_themselves(name: str) -> None:
    assert torch.allclose(features(name, "mean"), features(name, "auto"), atol=1e-6)
    assert not torch.allclose(features(name, "gem"), features(name, "auto"), atol=0, rtol=0.01)


def test_a_transformer_pools_its_class_token_or_its_patches() -> None:
    assert torch.equal(features(VIT, "cls"), features(VIT, "auto"))
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(0)
    model, _ = build_backbone(VIT)
    with torch.inference_mode():
        patches = model.eval().forward_features(images)[:, 1:]  # type: ignore[operator]
    assert torch.allclose(features(VIT, "mean"), patches.mean(dim=1), atol=1e-6)
    powers = patches.clamp(min=1e-6).double() ** 3
    assert torch.allclose(features(VIT, "gem").double(), powers.mean(dim=1) ** (1 / 3), atol=1e-5)


def test_a_generalized_mean_lies_between_the_mean_and_the_maximum() -> None:
    maps = torch.rand(4, 8, 5, 5)
    found = PowerMean(GEM_POWER, (2, 3), keepdim=False)(maps)
    assert (found > maps.mean(dim=(2, 3))).all()
    assert (found < maps.amax(dim=(2, 3))).all()


@pytest.mark.parametrize(
    ("name", "pooling"),
    [
        ("resnet18", "cls"),
        ("timm/vit_base_patch16_siglip_224", "cls"),
        ("vgg11", "gem"),
        ("vit_b_32", "mean"),
    ],
)
def test_what_a_backbone_cannot_pool_is_one_line(
    name: str, pooling: Pooling, one_line_error: OneLineError
) -> None:
    with one_line_error(f"train.pooling = {pooling}: train.backbone {name}", "use auto"):
        build_shapes(name, pooling)


@pytest.mark.parametrize("name", ["mobilenet_v2", VIT])
def test_a_model_pools_as_it_was_saved(name: str, tmp_path: Path) -> None:
    params = TrainParams(backbone=name, pooling="gem", epochs=0, image_size=64, resize=64)
    description = describe(params, "fp32", [])
    network, _ = starting_network(description, params, frozenset(), tmp_path)
    save_model(tmp_path / "model", description, network.state_dict())
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    model = load_model(tmp_path / "model")
    with torch.inference_mode():
        wanted = network.eval()(images).embeddings
        assert torch.equal(model.network(images).embeddings, wanted)
        assert torch.allclose(model.fused(images).embeddings, wanted, atol=1e-5, rtol=1e-4)
