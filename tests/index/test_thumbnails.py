"""Small pictures of all indexed images."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.store import ImageStore
from lookalike.index.thumbnails import (
    MAX_THUMBNAIL_BYTES,
    open_thumbnails,
    thumbnail,
    write_thumbnails,
)

NOISE = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    return Image.open(BytesIO(data))


def test_the_longer_side_is_as_asked(encoded: Callable[..., bytes]) -> None:
    image = opened(thumbnail(encoded(NOISE, "JPEG"), None, size=96, most=10**6))
    assert (image.format, image.size) == ("WEBP", (96, 64))


def test_a_small_image_is_not_blown_up(encoded: Callable[..., bytes]) -> None:
    assert opened(thumbnail(encoded(NOISE[:20, :30]), None, 96, 10**6)).size == (30, 20)


@pytest.mark.parametrize("most", [1500, 500])
def test_an_image_that_would_take_too_many_bytes_is_made_smaller(
    most: int, encoded: Callable[..., bytes]
) -> None:
    data = thumbnail(encoded(NOISE), None, size=96, most=most)
    assert data is not None
    assert len(data) <= most
    assert max(opened(data).size) < 96


def test_where_even_the_smallest_is_too_large_there_is_none(encoded: Callable[..., bytes]) -> None:
    assert thumbnail(encoded(NOISE), None, size=96, most=50) is None


def test_each_is_bounded_by_itself_however_many_there_are(
    tiny_images: ImageStore, tmp_path: Path
) -> None:
    write_thumbnails(tiny_images, 96, 1, tmp_path / "thumbnails.arrow")
    stored = open_thumbnails(tmp_path / "thumbnails.arrow")["thumbnail"].to_pylist()
    assert stored == [
        thumbnail(tiny_images.encoded(row), None, 96, MAX_THUMBNAIL_BYTES) for row in range(120)
    ]


def test_tiles_of_bands_are_seen_as_people_see_them(
    tile_images: Callable[[Bands], ImageStore], tmp_path: Path
) -> None:
    write_thumbnails(tile_images(Bands(chosen="all")), 96, 1, tmp_path / "thumbnails.arrow")
    stored = open_thumbnails(tmp_path / "thumbnails.arrow")["thumbnail"].to_pylist()
    assert {opened(data).size for data in stored} == {(40, 32)}


def test_another_file_is_no_file_of_thumbnails(tiny_index: Path) -> None:
    with pytest.raises(ValueError, match=r"metadata\.arrow has other columns"):
        open_thumbnails(tiny_index / "metadata.arrow")
