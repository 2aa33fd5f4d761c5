"""From encoded images to what transforms take."""

from collections.abc import Callable

import numpy as np

from lookalike.images.bands import Bands
from lookalike.images.decode import decode
from lookalike.images.pixels import decode_pixels


def test_without_bands_an_image_is_8_bit_rgb(digit_files: dict[str, bytes]) -> None:
    data = digit_files["0/00.png"]
    assert decode_pixels(data, None) == decode(data)


def test_with_bands_it_is_a_float_array_of_them(geotiff: Callable[..., bytes]) -> None:
    values = np.arange(4 * 3 * 2).reshape(4, 3, 2).astype(np.uint16) * 1000
    found = decode_pixels(geotiff(values), Bands(chosen=(4, 2)))
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    assert (found == values[[3, 1]]).all()
