"""Colors by their own profile, against littlecms as Pillow calls it."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms
from sklearn.datasets import load_sample_image
from tests.images.profiles import ADOBE_RGB, CMYK, DISPLAY_P3, LINEAR_GRAY

from lookalike.images.decode import decode

Encode = Callable[..., bytes]

PHOTO = Image.fromarray(load_sample_image("flower.jpg")).resize((96, 64))
CLOSE = 2  # levels


def by_littlecms(image: Image.Image, profile: bytes) -> np.ndarray:
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    return np.asarray(converted, np.int16)


def difference(one: Image.Image, other: np.ndarray) -> int:
    return int(np.abs(np.asarray(one, np.int16) - other).max())


@pytest.mark.parametrize(
    ("mode", "profile", "form"),
    [
        ("RGB", DISPLAY_P3, "PNG"),
        ("RGB", DISPLAY_P3, "AVIF"),
        ("RGB", DISPLAY_P3, "WEBP"),
        ("RGB", ADOBE_RGB, "JPEG"),
        ("RGB", ADOBE_RGB, "TIFF"),
        ("CMYK", CMYK, "JPEG"),
        ("CMYK", CMYK, "TIFF"),
        ("L", LINEAR_GRAY, "JPEG"),
        ("L", LINEAR_GRAY, "PNG"),
    ],
)
def test_colors_are_those_of_the_profile(
    encoded: Encode, mode: str, profile: bytes, form: str
) -> None:
    data = encoded(PHOTO.convert(mode), form, icc_profile=profile)
    stored = Image.open(BytesIO(data))
    expected = by_littlecms(stored, profile)
    assert difference(decode(data), expected) <= CLOSE
    assert difference(stored.convert("RGB"), expected) > 10  # what reading over it would give


def test_a_palette_has_the_colors_of_its_profile(encoded: Encode) -> None:
    palette = PHOTO.quantize(16)
    expected = by_littlecms(palette.convert("RGB"), DISPLAY_P3)
    assert difference(decode(encoded(palette, icc_profile=DISPLAY_P3)), expected) <= CLOSE


@pytest.mark.parametrize(("mode", "profile"), [("RGB", ADOBE_RGB), ("L", LINEAR_GRAY)])
def test_transparent_images_have_the_colors_of_their_profile(
    encoded: Encode, mode: str, profile: bytes
) -> None:
    image = PHOTO.convert(mode)
    expected = by_littlecms(image, profile)
    image.putalpha(255)
    assert difference(decode(encoded(image, icc_profile=profile)), expected) <= CLOSE


def test_srgb_stays_as_it_is(encoded: Encode) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert difference(decode(encoded(PHOTO, icc_profile=srgb)), np.asarray(PHOTO)) == 0


@pytest.mark.parametrize("profile", [b"rubbish", ADOBE_RGB[:150], CMYK, LINEAR_GRAY])
def test_a_profile_that_is_damaged_or_of_other_colors_is_read_over(
    encoded: Encode, profile: bytes
) -> None:
    data = encoded(PHOTO, icc_profile=profile)
    assert difference(decode(data), np.asarray(PHOTO)) == 0


def test_lab_colors_become_srgb(encoded: Encode) -> None:
    lab = Image.merge("LAB", [Image.new("L", (8, 8), level) for level in (136, 208, 195)])
    red = decode(encoded(lab, "TIFF")).getpixel((4, 4))
    assert red == pytest.approx((255, 0, 0), abs=12)
