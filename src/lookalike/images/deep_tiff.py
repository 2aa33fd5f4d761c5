"""Gray and RGB TIFFs of 9 to 16 bits a sample, of which Pillow reads a few alone."""

import numpy as np
from PIL import Image

from lookalike.core.errors import LookalikeError
from lookalike.images.geotiff import read_geotiff
from lookalike.images.orientation import upright
from lookalike.images.refusal import UndecodableImageError
from lookalike.images.tiff_directory import (
    BITS,
    ORIENTATION,
    PHOTOMETRIC,
    SAMPLE_FORMAT,
    first_directory,
)

MIN_IS_WHITE, MIN_IS_BLACK, RGB = 0, 1, 2  # of the tag PHOTOMETRIC
UNSIGNED = 1  # of the tag SAMPLE_FORMAT


def decode_deep_tiff(data: bytes, max_pixels: int | None) -> Image.Image | None:
    """Decode such a TIFF, upright, as 8-bit L or RGB; None where it is none.

    What is missing (GDAL_NODATA) is as dark as the darkest.

    Raises:
        UndecodableImageError: too large, broken, or rasterio is not installed.
    """
    directory = first_directory(data)
    samples = directory.numbers(BITS)  # a number for each
    bits = set(samples)
    photometric = directory.number(PHOTOMETRIC)
    is_unsigned = set(directory.numbers(SAMPLE_FORMAT)) <= {UNSIGNED}
    if photometric not in {MIN_IS_WHITE, MIN_IS_BLACK, RGB} or len(bits) != 1 or not is_unsigned:
        return None
    (depth,) = bits
    if not 8 < depth <= 16:
        return None
    bands = [1, 2, 3] if photometric == RGB else [1]
    if not len(bands) <= len(samples) <= len(bands) + 1:  # one more may be alpha
        return None  # bands of a satellite, which are not for the eye
    try:
        raster = read_geotiff(data, lambda _: bands, max_pixels)
    except LookalikeError:
        raise UndecodableImageError(
            f"a TIFF of {depth} bits, which needs rasterio: pip install 'lookalike[stac]'"
        ) from None
    pixels = raster.values * np.float32(255 / (2**depth - 1))
    if photometric == MIN_IS_WHITE:
        pixels = 255 - pixels
    if not raster.missing.all():
        pixels[raster.missing] = pixels[~raster.missing].min()
    pixels = pixels.clip(0, 255).round().astype(np.uint8)
    image = Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
    return upright(image, directory.number(ORIENTATION) or 1)
