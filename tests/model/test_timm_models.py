"""Backbones of timm by name."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch

from lookalike.model.backbones import build_backbone, check_backbone
from lookalike.model.image_size import check_image_size
from lookalike.model.timm_models import timm_name, timm_normalization

OneLineError = Callable[..., AbstractContextManager[None]]

timm = pytest.importorskip("timm")


@pytest.mark.parametrize(
    ("name", "channels", "size", "features"),
    [
        ("timm/mobilenetv3_small_050", 3, 64, 1024),
        ("timm/convnext_atto", 5, 32, 320),
        ("timm/vit_tiny_patch16_224", 1, 224, 192),
    ],
)
def test_a_model_of_timm_is_a_backbone(name: str, channels: int, size: int, features: int) -> None:
    backbone, said = build_backbone(name, channels)
    with torch.inference_mode():
        given = backbone.eval()(torch.zeros(2, channels, size, size))
    assert given.shape == (2, said) == (2, features)


def test_only_names_with_the_prefix_are_those_of_timm() -> None:
    assert timm_name("timm/resnet18") == "resnet18"
    assert timm_name("resnet18") is None


def test_an_unknown_model_is_answered_with_one_like_it(one_line_error: OneLineError) -> None:
    with one_line_error("train.backbone = 'timm/convnext_ato'", "timm/convnext_atto"):
        check_backbone("timm/convnext_ato")


@pytest.mark.parametrize("name", ["timm/resnet18.nonsense", "timm/.a1_in1k", "timm/resnet18."])
def test_a_tag_that_the_model_has_not_is_one_line(name: str, one_line_error: OneLineError) -> None:
    with one_line_error(f"train.backbone = {name!r}: there is no such backbone"):
        check_backbone(name)
    check_backbone("timm/resnet18.a1_in1k")


def test_without_the_package_the_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with one_line_error("timm", "pip install 'lookalike[timm]'"):
        check_backbone("timm/resnet18")


def test_a_size_that_the_model_cannot_take_is_one_line(one_line_error: OneLineError) -> None:
    with one_line_error("train.image_size = 64", "timm/vit_tiny_patch16_224", "it takes 224"):
        check_image_size("train.image_size", 64, "timm/vit_tiny_patch16_224")


def test_every_model_is_shown_images_as_its_weights_expect_them() -> None:
    assert timm_normalization("vit_tiny_patch16_224").mean == [0.5, 0.5, 0.5]
    assert timm_normalization("resnet18").mean == [0.485, 0.456, 0.406]
