"""The small convolutional network."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.model.cnn import ConvNet, cnn_width


@pytest.mark.parametrize(
    "name", ["resnet18", "cnn:", "cnn:0", "cnn:03", "cnn:1000", "cnn32", "CNN"]
)
def test_other_names_have_no_width(name: str) -> None:
    assert cnn_width(name) is None


@given(st.integers(1, 999))
def test_the_width_is_what_the_name_says(width: int) -> None:
    assert cnn_width(f"cnn:{width}") == width


def test_without_a_width_it_is_64() -> None:
    assert cnn_width("cnn") == 64


@pytest.mark.parametrize("size", [(16, 16), (64, 64), (33, 50)])
def test_tiles_of_any_size_from_16_pixels_become_features(size: tuple[int, int]) -> None:
    features = ConvNet(4, channels=5).eval()(torch.zeros(2, 5, *size))
    assert features.shape == (2, 4 * ConvNet.FEATURES)


def test_it_has_four_blocks_each_with_twice_the_filters_of_the_one_before() -> None:
    shapes = [w.shape[:2] for w in ConvNet(8, channels=13).parameters() if w.ndim == 4]
    assert shapes == [(8, 13), (16, 8), (32, 16), (64, 32)]


def test_dropout_is_for_training_alone() -> None:
    tile = torch.rand(1, 3, 32, 32)
    network = ConvNet(8, channels=3)
    network.eval()
    assert torch.equal(network(tile), network(tile))
    network.train()
    assert not torch.equal(network(tile), network(tile))
