"""JPEGs that every decoder reads alike, and those that need more."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms
from sklearn.datasets import load_sample_image
from tests.images.profiles import ADOBE_RGB

from lookalike.images import plain_jpeg
from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.orientation import upright
from lookalike.images.plain_jpeg import decode_plain, plain_orientation
from lookalike.images.tiff_directory import ORIENTATION

Encode = Callable[..., bytes]

PHOTO = Image.fromarray(load_sample_image("china.jpg")).resize((90, 61))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"subsampling": "4:4:4"},
        {"icc_profile": SRGB},
        {"exif": b"Exif\0\0rubbish"},
    ],
)
def test_an_ordinary_jpeg_is_plain(encoded: Encode, options: dict[str, object]) -> None:
    assert plain_orientation(encoded(PHOTO, "JPEG", **options)) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_by_its_orientation(encoded: Encode, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(PHOTO, "JPEG", exif=exif)
    assert plain_orientation(data) == orientation
    stored = decode_plain(data)
    assert stored.shape == (61, 90, 3)
    turned = upright(Image.fromarray(stored), orientation)
    assert np.array_equal(turned, decode(data))


def test_other_images_are_not_plain(encoded: Encode) -> None:
    others = {
        "gray": encoded(PHOTO.convert("L"), "JPEG"),
        "CMYK": encoded(PHOTO.convert("CMYK"), "JPEG"),
        "not stored as brightness and color": encoded(PHOTO, "JPEG", keep_rgb=True),
        "of other colors": encoded(PHOTO, "JPEG", icc_profile=ADOBE_RGB),
        "PNG": encoded(PHOTO, "PNG"),
        "TIFF": encoded(PHOTO, "TIFF"),
        "WebP": encoded(PHOTO, "WEBP"),
    }
    assert {name: plain_orientation(data) for name, data in others.items()} == dict.fromkeys(others)


def test_a_very_large_jpeg_is_not_plain(encoded: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_jpeg, "MOST_PIXELS", 90 * 61)
    assert plain_orientation(encoded(PHOTO, "JPEG")) == 1
    assert plain_orientation(encoded(PHOTO.resize((90, 62)), "JPEG")) is None


def test_a_broken_one_is_refused(encoded: Encode) -> None:
    data = encoded(PHOTO, "JPEG")
    with pytest.raises(UndecodableImageError):
        decode_plain(data[: len(data) // 2])
    with pytest.raises(UndecodableImageError):
        plain_orientation(data[:20])
