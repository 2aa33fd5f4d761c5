"""Pictures that are dark, bright, blank, blurred, tiny or of an odd shape, by pixels alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import NamedTuple

import numpy as np
from PIL import Image

from lookalike.images.rendering import decode_picture
from lookalike.images.store import ImageStore
from lookalike.review.findings import Finding
from lookalike.terminal.progress import track

SIDE = 256  # pixels of the longer side at which brightness and sharpness are measured
# Brightness from 0 to 1
DARK = 0.2  # nineteen of twenty pixels are darker
BRIGHT = 0.97  # nineteen of twenty pixels are brighter
BLANK = 0.004  # standard deviation: one of 256 levels
BLURRED = 0.01  # see `Measured.sharpness`; sharp photographs have 0.07 and more
LEAST_SIDE = 32  # pixels: of smaller pictures nobody can say that they are blurred
TINY = 4  # so many times smaller than what the model looks at
ODD = 3  # so many times wider, or higher, than the median


class Measured(NamedTuple):
    """A picture in numbers.

    Attributes:
        low: the 5th percentile of brightness, from 0 (black) to 1 (white).
        high: the 95th.
        deviation: the standard deviation of brightness.
        sharpness: the variance of the Laplacian over that of brightness. The variance of the
            Laplacian alone (Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy,
            ICPR 2000) would take a picture of low contrast for a blurred one.
    """

    low: float
    high: float
    deviation: float
    sharpness: float


def picture_findings(images: ImageStore, image_size: int, workers: int) -> Iterator[Finding]:
    """What is odd about the pictures of a store; a picture may be several things.

    Args:
        images: the image store.
        image_size: the side of what the model looks at, in pixels.
        workers: threads that decode.
    """

    def measured(row: int) -> Measured:
        data = images.encoded(row)
        picture = decode_picture(data, images.bands, None, (SIDE, SIDE), images.stretch)
        return measure(picture)

    with ThreadPoolExecutor(max(1, workers)) as pool:  # Pillow decodes beside Python
        each = pool.map(measured, range(len(images)))
        for row, found in enumerate(track(each, "looking at pictures", len(images))):
            yield from _of_pixels(row, found)
    yield from _of_sizes(images, image_size)


def measure(picture: Image.Image) -> Measured:
    """Measure a picture of any size, at `SIDE` pixels."""
    small = picture.convert("L")
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    gray = np.asarray(small, np.float32) / 255
    low, high = np.percentile(gray, (5, 95)).tolist()
    deviation = float(gray.std())
    sharpness = 1.0
    if min(gray.shape) >= LEAST_SIDE and deviation > 0:
        center = 4 * gray[1:-1, 1:-1]
        laplacian = center - gray[:-2, 1:-1] - gray[2:, 1:-1] - gray[1:-1, :-2] - gray[1:-1, 2:]
        sharpness = float(laplacian.var()) / deviation**2
    return Measured(low, high, deviation, sharpness)


def _of_pixels(row: int, found: Measured) -> Iterator[Finding]:
    if found.deviation < BLANK:
        yield Finding("blank", row, 1 - found.deviation, "one color all over")
        return
    if found.high < DARK:
        yield Finding("dark", row, 1 - found.high, f"95% of it is darker than {found.high:.0%}")
    if found.low > BRIGHT:
        yield Finding("bright", row, found.low, f"95% of it is brighter than {found.low:.0%}")
    if found.sharpness < BLURRED:
        reason = f"no sharp edge (sharpness {found.sharpness:.4f})"
        yield Finding("blurred", row, 1 - found.sharpness, reason)


def _of_sizes(images: ImageStore, image_size: int) -> Iterator[Finding]:
    widths = images.metadata["width"].to_pylist()
    heights = images.metadata["height"].to_pylist()
    usual = median(width / height for width, height in zip(widths, heights, strict=True))
    for row, (width, height) in enumerate(zip(widths, heights, strict=True)):
        size = f"{width} x {height} pixels"
        side = min(width, height)
        if TINY * side < image_size:
            reason = f"{size}; the model looks at {image_size}"
            yield Finding("tiny", row, image_size / side, reason)
        ratio = width / height / usual
        if max(ratio, 1 / ratio) > ODD:
            wider = "wider" if ratio > 1 else "higher"
            factor = max(ratio, 1 / ratio)
            yield Finding("shape", row, factor, f"{size}: {factor:.1f} times {wider} than usual")
