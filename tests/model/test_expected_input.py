"""What a backbone's pretrained weights expect of images."""

import pytest

from lookalike.model.description import IMAGENET_MEAN, IMAGENET_STD
from lookalike.model.expected_input import ExpectedInput, expected_input

HALF = (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("backbone", "interpolation"),
    [
        ("cnn:8", "bilinear"),
        ("resnet18", "bilinear"),
        ("swin_t", "bicubic"),
        ("timm/vit_small_patch14_dinov2", "bicubic"),
    ],
)
def test_most_weights_expect_the_mean_of_imagenet_and_a_filter_of_their_own(
    backbone: str, interpolation: str
) -> None:
    expected = expected_input(backbone)
    mean, std = (tuple(values) for values in expected[1:])
    assert (expected.interpolation, mean, std) == (interpolation, IMAGENET_MEAN, IMAGENET_STD)


def test_others_expect_another_mean() -> None:
    assert expected_input("timm/vit_tiny_patch16_224") == ExpectedInput("bicubic", HALF, HALF)
