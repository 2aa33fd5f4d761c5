"""The stretch of a data set's pictures, as training images have it."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from lookalike.images.geotiff import read_geotiff
from lookalike.images.store import ImageStore
from lookalike.images.stretch import HIGH, LOW, Stretch

MOST_IMAGES = 1000
PIXELS = 4096  # of a band of an image
# Bands whose brightest values differ by no more are taken to be of one unit.
OF_ONE_UNIT = 3.0


def stretch_of(images: ImageStore, rows: Sequence[int]) -> Stretch | None:
    """From the 2nd to the 98th percentile of the bands that people see; None of 8-bit RGB.

    Bands of one unit, as of a satellite's colors, share a range: what is bluer than the rest is
    shown bluer, as still water is. Others, such as a height beside a color, each get their own.

    Args:
        images: the image store.
        rows: the images to look at; of many, about 1,000, and of each some 4,000 pixels, both
            evenly spaced.
    """
    if images.bands is None:
        return None
    values: dict[int, list[np.ndarray]] = defaultdict(list)
    for row in rows[:: max(1, -(-len(rows) // MOST_IMAGES))]:
        raster = read_geotiff(images.encoded(row), images.bands.in_pictures, None)
        bands = zip(raster.numbers, raster.values, raster.missing, strict=True)
        for number, band, missing in bands:
            there = band[~missing]
            values[number].append(there[:: max(1, -(-there.size // PIXELS))])
    joined = {number: np.concatenate(parts) for number, parts in sorted(values.items())}
    ranges = {number: _range(band) for number, band in joined.items() if band.size}
    brightest = [high for _, high in ranges.values()]
    if brightest and 0 < max(brightest) <= OF_ONE_UNIT * min(brightest):
        shared = _range(np.concatenate(list(joined.values())))
        ranges = dict.fromkeys(ranges, shared)
    return Stretch(ranges=ranges) if ranges else None


def _range(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values.astype(np.float64), (LOW, HIGH))
    return float(low), float(high)
