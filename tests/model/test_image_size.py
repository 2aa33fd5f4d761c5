"""Can a backbone take images of a size?"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch

from lookalike.model.image_size import check_image_size

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.mark.parametrize("name", ["cnn:4", "resnet18", "mobilenet_v2", "regnet_y_400mf"])
@pytest.mark.parametrize("size", [32, 224])
def test_most_networks_take_any_size(name: str, size: int) -> None:
    check_image_size("train.image_size", size, name)


@pytest.mark.parametrize(
    ("name", "size", "other"),
    [
        ("alexnet", 32, 64),
        ("inception_v3", 32, 96),
        ("maxvit_t", 200, 224),
        ("vit_b_32", 32, 224),
        ("vit_b_32", 256, 224),
    ],
)
def test_a_size_that_a_network_cannot_take_is_answered_with_the_nearest_that_it_can(
    name: str, size: int, other: int, one_line_error: OneLineError
) -> None:
    with one_line_error(f"train.image_size = {size}", name, f"it takes {other}"):
        check_image_size("train.image_size", size, name)


def test_asking_changes_no_random_number() -> None:
    def number(*asked: str) -> float:
        torch.manual_seed(0)
        for name in asked:
            check_image_size("train.image_size", 224, name)
        return float(torch.rand(()))

    assert number("resnet18", "regnet_y_400mf") == number()
