"""Two backbones side by side."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from lookalike.export.writing import write_export
from lookalike.images.store import ImageStore
from lookalike.model.artifact import build_network, load_model, save_model
from lookalike.model.description import ModelDescription, SecondBackbone
from lookalike.model.fuse_batch_norm import fuse_batch_norm
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.preprocessing import ImageSize

OneLineError = Callable[..., AbstractContextManager[None]]

IMAGES = torch.randint(0, 256, (4, 3, 32, 32), generator=torch.Generator().manual_seed(0)).byte()
MEAN, STD = [0.5, 0.4, 0.3], [0.5, 0.25, 0.2]


def describe(mean: list[float] | None = MEAN, classes: str = "") -> ModelDescription:
    return ModelDescription(
        backbone="mobilenet_v3_small",
        second_backbone=SecondBackbone(name="cnn:8", mean=mean, std=STD if mean else None),
        embedding_dim=7 if classes else None,
        classes=list(classes),
        image_size=ImageSize(resize=32, crop=32),
        precision="fp32",
    )


def network(description: ModelDescription) -> EmbeddingNetwork:
    torch.manual_seed(0)
    return build_network(description).eval()


@torch.inference_mode()
@pytest.mark.parametrize("mean", [MEAN, None])
def test_each_sees_the_images_as_its_own_weights_expect_them(mean: list[float] | None) -> None:
    both = network(describe(mean))
    first, second = both.backbones
    normalized = (IMAGES / 255 - both.mean) / both.std
    if mean is not None:
        own = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
        expected = second((IMAGES / 255 - own[0]) / own[1])
    else:
        expected = second(normalized)
    found = both(IMAGES).embeddings
    features = first(normalized).shape[1]
    assert both.dimension == found.shape[1] == features + expected.shape[1]
    assert torch.allclose(found[:, :features], functional.normalize(first(normalized)), atol=1e-5)
    assert torch.allclose(found[:, features:], functional.normalize(expected), atol=1e-5)


@torch.inference_mode()
def test_without_a_head_a_cosine_is_the_mean_of_both() -> None:
    both = network(describe(None))
    normalized = (IMAGES / 255 - both.mean) / both.std
    one, other = (functional.normalize(backbone(normalized)) for backbone in both.backbones)
    found = functional.normalize(both(IMAGES).embeddings)
    assert torch.allclose(found @ found.T, (one @ one.T + other @ other.T) / 2, atol=1e-6)


def test_one_of_other_channels_than_its_numbers_is_no_description() -> None:
    with pytest.raises(ValueError, match="should have 3 numbers"):
        describe([0.5, 0.5])


@torch.inference_mode()
def test_fused_they_say_the_same_without_batch_norms() -> None:
    both = network(describe(classes="ab"))
    fused = fuse_batch_norm(both, "fp32", 32)
    for before, after in zip(both(IMAGES), fused(IMAGES), strict=True):
        assert torch.allclose(before, after, atol=1e-4, rtol=1e-3)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in fused.modules())


def test_a_model_of_both_is_written_read_and_exported(
    tmp_path: Path, tiny_images: ImageStore
) -> None:
    description = describe(classes="ab")
    save_model(tmp_path / "model", description, network(description).state_dict())
    model = load_model(tmp_path / "model")
    assert model.description == description
    assert write_export(tmp_path / "export", model, tiny_images, "onnx").holds
