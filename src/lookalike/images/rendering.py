"""An image as people see it, whatever its bands."""

import numpy as np
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import DEFAULT_MAX_PIXELS, decode
from lookalike.images.geotiff import Raster, read_geotiff
from lookalike.images.stretch import HIGH, LOW, Stretch, stretched

# A band whose values lie closer together than this, relative to the highest, is not stretched all
# the way in an image by itself: still water would become colored noise.
LEAST_RANGE = 0.2


def decode_picture(
    data: bytes,
    bands: Bands | None,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    at_least: tuple[int, int] | None = None,
    stretch: Stretch | None = None,
) -> Image.Image:
    """Decode one encoded image into 8-bit RGB for people.

    Args:
        data: the encoded image.
        bands: None for an ordinary image (see `decode`); else which bands to show.
        max_pixels: refuse an image whose header announces more; None for images already accepted.
        at_least: width and height that are enough for an ordinary image (see `decode`).
        stretch: that of the data set; None: the image by itself (see `render`).

    Raises:
        UndecodableImageError: it cannot be decoded.
        LookalikeError: rasterio is needed and not installed.
    """
    if bands is None:
        return decode(data, max_pixels, at_least)
    return render(read_geotiff(data, bands.for_people, max_pixels), stretch)


def picture_of(
    pixels: np.ndarray, bands: Bands | None, stretch: Stretch | None = None
) -> Image.Image:
    """What the network takes, as 8-bit RGB for people.

    Args:
        pixels: `[channels, height, width]`: uint8 of an ordinary image, float32 of chosen bands.
        bands: None for an ordinary image; else which bands they are, and which of them to show:
            the first ones, where those for people are not among them.
        stretch: that of the data set; None: the image by itself (see `render`).
    """
    if bands is None:
        return Image.fromarray(pixels.transpose(1, 2, 0))
    numbers = bands.for_network(len(pixels))
    raster = Raster(pixels, np.zeros(pixels.shape, bool), numbers, len(pixels))
    return render(raster.select(bands.of_network_for_people(len(pixels))), stretch)


def render(raster: Raster, stretch: Stretch | None = None) -> Image.Image:
    """An RGB picture of one or three bands.

    A band that the stretch does not name is stretched from its own 2nd to its 98th percentile.
    What is missing is black, and so is a band of one value.
    """
    ranges = {} if stretch is None else stretch.ranges
    bands = []
    for number, band, missing in zip(raster.numbers, raster.values, raster.missing, strict=True):
        gray = np.zeros(band.shape, np.uint8)
        if (there := band[~missing].astype(np.float64)).size:
            gray[~missing] = stretched(there, *(ranges.get(number) or _own_range(there)))
        bands.append(gray)
    return Image.fromarray(np.stack(bands if len(bands) == 3 else bands * 3, axis=-1))


def _own_range(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, (LOW, HIGH))
    return low, low + max(high - low, LEAST_RANGE * abs(high))
