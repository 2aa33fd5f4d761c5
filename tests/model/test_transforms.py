"""From a decoded image to the tensor that the network takes."""

import resource

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_image

from lookalike.model.preprocessing import ImageSize
from lookalike.model.transforms import evaluation_transform

SIZE = ImageSize(resize=40, crop=32)
PHOTO = Image.fromarray(load_sample_image("flower.jpg"))


@pytest.mark.parametrize("size", [(300, 40), (40, 300), (64, 64), (5, 5), (1, 1), (1, 90)])
def test_an_image_of_any_shape_becomes_the_square_that_the_network_sees(
    size: tuple[int, int],
) -> None:
    tensor = evaluation_transform(SIZE)(Image.new("RGB", size))
    assert (tensor.shape, tensor.dtype) == ((3, 32, 32), torch.uint8)


@given(width=st.integers(1, 200), height=st.integers(1, 200), extra=st.integers(0, 20))
def test_every_size_becomes_the_square(width: int, height: int, extra: int) -> None:
    size = ImageSize(resize=24 + extra, crop=24)
    assert evaluation_transform(size)(Image.new("RGB", (width, height))).shape == (3, 24, 24)


def test_the_center_is_what_the_network_sees() -> None:
    image = Image.new("RGB", (96, 32), "red")
    image.paste((0, 0, 255), (32, 0, 64, 32))
    tensor = evaluation_transform(ImageSize(resize=32, crop=32))(image)
    assert tensor.float().mean(dim=(1, 2)).tolist() == [0, 0, 255]


def test_squashed_an_image_is_seen_to_its_edges() -> None:
    image = Image.new("RGB", (96, 32), "red")
    image.paste((0, 0, 255), (0, 0, 48, 32))
    tensor = evaluation_transform(ImageSize(resize="squash", crop=32))(image)
    assert tensor[2, :, :16].eq(255).float().mean() > 0.9  # but for the blurred line in the middle
    assert tensor[0, :, 16:].eq(255).float().mean() > 0.9


@given(width=st.integers(1, 200), height=st.integers(1, 200))
def test_squashed_every_size_becomes_the_square(width: int, height: int) -> None:
    size = ImageSize(resize="squash", crop=24)
    assert evaluation_transform(size)(Image.new("RGB", (width, height))).shape == (3, 24, 24)


def test_an_image_of_the_right_size_is_left_as_it_is() -> None:
    image = PHOTO.resize((32, 32))
    tensor = evaluation_transform(ImageSize(resize=32, crop=32))(image)
    assert np.array_equal(tensor.permute(1, 2, 0).numpy(), np.asarray(image))


def test_a_line_of_a_million_pixels_takes_no_gigabytes() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    evaluation_transform(SIZE)(Image.new("RGB", (1_000_000, 1)))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 2**20  # KiB


def test_the_middle_of_a_very_long_image_is_seen() -> None:
    image = Image.new("RGB", (1000, 2), "red")
    image.paste((0, 0, 255), (490, 0, 510, 2))
    tensor = evaluation_transform(SIZE)(image)
    assert tensor.float().mean(dim=(1, 2)).tolist() == [0, 0, 255]


# --- bands -----------------------------------------------------------------------------------

BANDS = (torch.arange(5.0).view(5, 1, 1) * 1000 + torch.rand(5, 50, 70)).numpy()


def test_bands_become_a_square_of_as_many_bands_in_their_own_units() -> None:
    tensor = evaluation_transform(SIZE)(BANDS)
    assert (tensor.shape, tensor.dtype) == ((5, 32, 32), torch.float32)
    assert tensor.mean(dim=(1, 2)).tolist() == pytest.approx(
        BANDS.mean(axis=(1, 2)).tolist(), abs=0.1
    )


def test_bands_of_the_right_size_are_left_as_they_are() -> None:
    tile = BANDS[:, :32, :32]
    assert (evaluation_transform(ImageSize(resize=32, crop=32))(tile).numpy() == tile).all()


def test_bands_are_cut_as_an_rgb_image_is() -> None:
    bands = np.asarray(PHOTO, np.float32).transpose(2, 0, 1)
    transform = evaluation_transform(SIZE)
    assert (transform(bands) - transform(PHOTO).float()).abs().max() < 2


@given(width=st.integers(1, 200), height=st.integers(1, 200))
def test_bands_of_every_size_become_the_square(width: int, height: int) -> None:
    assert evaluation_transform(SIZE)(np.zeros((2, height, width), np.float32)).shape == (2, 32, 32)
