"""Images of the store as people see them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from lookalike.images.bands import Bands
from lookalike.images.pictures import Pictures
from lookalike.images.shards import open_metadata


def test_a_row_is_the_image_of_its_path(tiny_images: Path, tiny_source: Path) -> None:
    path = open_metadata(tiny_images)["path"][7].as_py()
    expected = Image.open(tiny_source / path).convert("RGB")
    assert ImageChops.difference(Pictures(tiny_images)[7], expected).getbbox() is None


def test_of_bands_those_for_people_are_shown(tile_images: Callable[[Bands], Path]) -> None:
    one, other = (
        np.asarray(Pictures(tile_images(Bands(chosen=(5,), rgb=rgb)))[0])
        for rgb in [(1, 2, 3), (3, 2, 1)]
    )
    assert np.array_equal(one, other[:, :, ::-1])
