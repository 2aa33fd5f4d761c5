"""An image as people see it, whatever its bands."""

import numpy as np
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import DEFAULT_MAX_PIXELS, decode
from lookalike.images.geotiff import Raster, read_geotiff

# The darkest and the brightest hundredths of each band are cut off, as QGIS does.
LOW, HIGH = 2, 98
# A band whose values lie closer together than this, relative to the highest, is not stretched all
# the way: still water would become colored noise.
LEAST_RANGE = 0.2


def decode_picture(
    data: bytes,
    bands: Bands | None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    at_least: tuple[int, int] | None = None,
) -> Image.Image:
    """Decode one encoded image into 8-bit RGB for people.

    Args:
        data: the encoded image.
        bands: None for an ordinary image (see `decode`); else which bands to show (see `stretch`).
        max_pixels: refuse an image whose header announces more; None for images already accepted.
        at_least: width and height that are enough for an ordinary image (see `decode`).

    Raises:
        UndecodableImageError: it cannot be decoded.
        LookalikeError: rasterio is needed and not installed.
    """
    if bands is None:
        return decode(data, max_pixels, at_least)
    return stretch(read_geotiff(data, bands.for_people, max_pixels))


def picture_of(pixels: np.ndarray, bands: Bands | None) -> Image.Image:
    """What the network takes, as 8-bit RGB for people.

    Args:
        pixels: `[channels, height, width]`: uint8 of an ordinary image, float32 of chosen bands.
        bands: None for an ordinary image; else which bands they are, and which of them to show:
            the first ones, where those for people are not among them.
    """
    if bands is None:
        return Image.fromarray(pixels.transpose(1, 2, 0))
    numbers = bands.for_network(len(pixels))
    shown = bands.for_people(len(pixels))
    if not set(shown) <= set(numbers):
        shown = Bands(chosen=bands.chosen).for_people(len(pixels))
    raster = Raster(pixels, np.zeros(pixels.shape, bool), numbers, len(pixels))
    return stretch(raster.select(shown))


def stretch(raster: Raster) -> Image.Image:
    """An RGB picture of one or three bands, each stretched from its 2nd to its 98th percentile.

    What is missing is black, and so is a band of one value.
    """
    bands = [
        _stretch_band(band, missing)
        for band, missing in zip(raster.values, raster.missing, strict=True)
    ]
    return Image.fromarray(np.stack(bands if len(bands) == 3 else bands * 3, axis=-1))


def _stretch_band(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    gray = np.zeros(values.shape, np.uint8)
    there = values[~missing].astype(np.float64)
    if there.size:
        low, high = np.percentile(there, (LOW, HIGH))
        width = max(high - low, LEAST_RANGE * abs(high))
        if width > 0:
            gray[~missing] = ((there - low) * (255 / width)).clip(0, 255).round()
    return gray
