"""From an encoded image to what transforms take."""

import numpy as np
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import DEFAULT_MAX_PIXELS, decode
from lookalike.images.geotiff import decode_bands

Pixels = Image.Image | np.ndarray


def decode_pixels(
    data: bytes, bands: Bands | None, max_pixels: int | None = DEFAULT_MAX_PIXELS
) -> Pixels:
    """Decode one image: 8-bit RGB, or where bands are chosen, float32 `[bands, height, width]`.

    Raises:
        UndecodableImageError: it cannot be decoded, or lacks one of the bands.
        LookalikeError: rasterio is needed and not installed.
    """
    return decode(data, max_pixels) if bands is None else decode_bands(data, bands, max_pixels)
