"""The pixels that the network takes are those that ImageNet models are evaluated on."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_image

from lookalike.model.preprocessing import (
    LONGEST,
    ImageSize,
    Interpolation,
    preprocess,
    resize_whole,
)
from lookalike.model.vision import v2

PHOTO = Image.fromarray(load_sample_image("flower.jpg"))
FILTERS: dict[Interpolation, v2.InterpolationMode] = {
    "bilinear": v2.InterpolationMode.BILINEAR,
    "bicubic": v2.InterpolationMode.BICUBIC,
}

sides = st.one_of(st.integers(1, 20), st.integers(1, 700))
filters = st.sampled_from(sorted(FILTERS))
resizes = st.one_of(st.just("squash"), st.integers(8, 120))


def by_torchvision(image: Image.Image, size: ImageSize, crop: bool) -> np.ndarray:
    """Of an image that is not too long: longer ones are cut first."""
    to = [size.crop, size.crop] if size.resize == "squash" else [size.resize]
    steps = [
        v2.Resize(to, interpolation=FILTERS[size.interpolation]),
        *([v2.CenterCrop(size.crop)] if crop else []),
    ]
    pixels: np.ndarray = v2.Compose([*steps, v2.PILToTensor()])(image).numpy()
    return pixels


sizes = st.builds(ImageSize, resize=resizes, crop=st.integers(8, 120), interpolation=filters)


@given(width=sides, height=sides, size=sizes, cut=st.booleans())
@example(width=1, height=64, size=ImageSize(resize=8, crop=120), cut=True)
@example(width=333, height=334, size=ImageSize(resize=37, crop=36), cut=True)
@example(width=640, height=427, size=ImageSize(resize=9, crop=31), cut=True)
def test_an_rgb_image_has_the_bytes_that_torchvision_gives(
    width: int, height: int, size: ImageSize, cut: bool
) -> None:
    image = PHOTO.crop((0, 0, width, height))
    image = image.crop((0, 0, min(width, LONGEST * height), min(height, LONGEST * width)))
    found = preprocess(image, size) if cut else resize_whole(image, size)
    assert found.dtype == np.uint8
    assert np.array_equal(found, by_torchvision(image, size, cut))


@given(width=sides, height=sides, resize=resizes, crop=st.integers(8, 120))
def test_each_band_has_the_values_of_the_gray_image_that_it_is(
    width: int, height: int, resize: int, crop: int
) -> None:
    size = ImageSize(resize=resize, crop=crop)
    image = PHOTO.crop((0, 0, width, height))
    bands = np.asarray(image, np.float32).transpose(2, 0, 1)
    found = preprocess(bands, size)
    assert found.dtype == np.float32
    assert np.abs(found - preprocess(image, size)).max() <= 1.01  # it is rounded twice


@pytest.mark.parametrize("longer", [(LONGEST * 3 + 1, 3), (3, LONGEST * 3 + 2)])
def test_of_a_very_long_image_the_middle_is_resized(longer: tuple[int, int]) -> None:
    image = PHOTO.resize(longer)
    middle = v2.functional.center_crop(image, [min(side, LONGEST * 3) for side in longer[::-1]])
    size = ImageSize(resize=8, crop=8)
    assert np.array_equal(resize_whole(image, size), by_torchvision(middle, size, crop=False))


def test_it_needs_no_torch() -> None:
    without = "import sys; sys.modules.update(torch=None, torchvision=None); "
    done = subprocess.run([sys.executable, "-c", without + "import lookalike.model.preprocessing"])
    assert done.returncode == 0
