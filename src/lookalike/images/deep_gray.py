"""Grays of more than 8 bits, and those that a TIFF declares unlike others."""

import numpy as np
from PIL import Image

from lookalike.images.tiff_directory import BITS, NODATA, PHOTOMETRIC, SAMPLE_FORMAT

MIN_IS_WHITE = 0  # of the tag PHOTOMETRIC
SIGNED = 2  # of the tag SAMPLE_FORMAT


def is_deep_gray(image: Image.Image) -> bool:
    """Whether `to_8_bits` has to read the image."""
    deep = image.mode in {"I", "F"} or image.mode.startswith("I;16")
    tags = _tags(image)
    return deep or (image.mode == "L" and (NODATA in tags or _is_signed(tags)))


def to_8_bits(image: Image.Image) -> Image.Image:
    """An opened image's gray as 8 bits.

    Up to 16 bits, the levels that the file declares become 255; wider numbers are stretched to
    their own range. Pixels that hold no finite number (NaN often marks missing data), or the
    file's GDAL_NODATA, are as dark as the darkest.
    """
    tags = _tags(image)
    stored = np.asarray(image)
    is_white_first = tags.get(PHOTOMETRIC) == MIN_IS_WHITE
    if image.mode == "L" and is_white_first:
        stored = 255 - stored  # Pillow has turned these, and no others
    if image.mode == "L" and _is_signed(tags):
        stored = stored.view(np.int8)
    pixels = stored.astype(np.float64)
    there = np.isfinite(pixels) & (stored != _nodata(tags))
    values = pixels[there]
    gray = np.zeros_like(pixels)
    if values.size:
        low, high = float(values.min()), float(values.max())
        low, high = _levels(image.mode, tags, low, high)
        values = (values - low) * (255 / (high - low)) if high > low else np.zeros_like(values)
        values = 255 - values if is_white_first else values
        gray[there] = values
        gray[~there] = values.min()
    return Image.fromarray(gray.clip(0, 255).round().astype(np.uint8))


def _levels(mode: str, tags: dict[int, object], low: float, high: float) -> tuple[float, float]:
    """What becomes 0 and what becomes 255, of values between low and high."""
    if mode == "L" and not _is_signed(tags):
        return 0, 255
    if mode.startswith("I;16"):
        bits = tags.get(BITS)
        return 0, 2 ** (bits[0] if isinstance(bits, tuple) and 8 < bits[0] < 16 else 16) - 1
    if low >= 0 and 255 < high <= 65535:
        return 0, 65535
    return low, high


def _is_signed(tags: dict[int, object]) -> bool:
    return tags.get(SAMPLE_FORMAT) == (SIGNED,)


def _nodata(tags: dict[int, object]) -> float:
    """The number that marks missing pixels; NaN, which nothing equals, where there is none."""
    try:
        return float(str(tags.get(NODATA, "nan")).strip("\0 "))
    except ValueError:
        return float("nan")


def _tags(image: Image.Image) -> dict[int, object]:
    tags: dict[int, object] = getattr(image, "tag_v2", {})
    return tags
