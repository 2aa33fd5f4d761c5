"""Tensors become the network's input as Pillow's images do."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_image
from torch import Tensor

from lookalike.images.orientation import upright
from lookalike.model.device_preprocessing import preprocess_tensor, turned_upright
from lookalike.model.preprocessing import LONGEST, ImageSize, preprocess

PHOTO = Image.fromarray(load_sample_image("flower.jpg"))
# Levels of 255: Pillow rounds after each direction, and there cuts off what bicubic filters, which
# have negative weights, make darker than black or lighter than white.
TOLERANCE = {"bilinear": 2, "bicubic": 16}

sides = st.one_of(st.integers(1, 20), st.integers(1, 700))
sizes = st.builds(
    ImageSize,
    resize=st.one_of(st.just("squash"), st.integers(8, 120)),
    crop=st.integers(8, 120),
    interpolation=st.sampled_from(["bilinear", "bicubic"]),
)


def as_tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def difference(image: Image.Image, size: ImageSize) -> np.ndarray:
    """From what Pillow makes of an image, in levels."""
    found = preprocess_tensor(as_tensor(image), size)
    expected = preprocess(image, size)
    assert (found.dtype, found.shape) == (torch.uint8, expected.shape)
    return np.abs(found.numpy().astype(int) - expected.astype(int))


@given(width=sides, height=sides, size=sizes)
@example(width=1, height=64, size=ImageSize(resize=8, crop=120))
@example(width=333, height=334, size=ImageSize(resize=37, crop=36))
@example(width=640, height=427, size=ImageSize(resize=9, crop=31))
@example(width=640, height=427, size=ImageSize(resize=31, crop=9, interpolation="bicubic"))
@example(width=700, height=3, size=ImageSize(resize="squash", crop=50))
def test_an_image_of_any_size_has_pillows_geometry_and_nearly_its_values(
    width: int, height: int, size: ImageSize
) -> None:
    found = difference(PHOTO.crop((0, 0, width, height)), size)
    assert found.max() <= TOLERANCE[size.interpolation]
    assert found.mean() < 0.5


@pytest.mark.parametrize("longer", [(LONGEST * 3 + 1, 3), (3, LONGEST * 3 + 2)])
def test_of_a_very_long_image_the_middle_is_resized(longer: tuple[int, int]) -> None:
    assert difference(PHOTO.resize(longer), ImageSize(resize=8, crop=16)).max() <= 2


def test_an_image_of_the_right_size_keeps_its_values() -> None:
    image = PHOTO.resize((40, 32))
    assert difference(image, ImageSize(resize=32, crop=24)).max() == 0


def test_around_a_smaller_image_are_zeros() -> None:
    white = torch.full((3, 16, 32), 255, dtype=torch.uint8)
    found = preprocess_tensor(white, ImageSize(resize=8, crop=20))
    assert (found[:, 6:14, 2:18] == 255).all()
    assert found.int().sum() == 3 * 8 * 16 * 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_as_pillow_turns_it(orientation: int) -> None:
    image = PHOTO.resize((5, 4))
    found = turned_upright(as_tensor(image), orientation)
    assert torch.equal(found, as_tensor(upright(image, orientation)))
