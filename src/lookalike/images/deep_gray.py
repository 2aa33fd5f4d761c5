"""Grays of more than 8 bits, and those that a TIFF declares unlike others."""

import numpy as np
from PIL import Image

from lookalike.images.strips import in_strips, strips
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
    low, high = _range(image, tags)
    if low > high:  # nothing is there
        return Image.new("L", image.size)
    black, white = _levels(image.mode, tags, low, high)
    is_white_first = tags.get(PHOTOMETRIC) == MIN_IS_WHITE

    def gray_of(values: np.ndarray) -> np.ndarray:
        scale = 255 / (white - black) if white > black else 0.0
        gray = (values - black) * scale if scale else np.zeros_like(values)
        return 255 - gray if is_white_first else gray

    darkest = gray_of(np.array([low, high])).min()

    def to_gray(part: Image.Image) -> Image.Image:
        values = _values(part, tags)
        values[...] = np.where(np.isnan(values), darkest, gray_of(values))
        return Image.fromarray(values.clip(0, 255).round().astype(np.uint8))

    return in_strips(image, to_gray)


def _range(image: Image.Image, tags: dict[int, object]) -> tuple[float, float]:
    """The lowest and the highest value; infinities the other way round where there is none."""
    low, high = np.inf, -np.inf
    for strip in strips(image):
        values = _values(strip.image, tags)
        low = min(low, float(np.nanmin(values, initial=np.inf)))
        high = max(high, float(np.nanmax(values, initial=-np.inf)))
    return low, high


def _values(image: Image.Image, tags: dict[int, object]) -> np.ndarray:
    """The numbers that the file holds, as float64; NaN where they are missing."""
    stored = np.asarray(image)
    if image.mode == "L" and tags.get(PHOTOMETRIC) == MIN_IS_WHITE:
        stored = 255 - stored  # Pillow has turned these, and no others
    if image.mode == "L" and _is_signed(tags):
        stored = stored.view(np.int8)
    values = stored.astype(np.float64)
    values[~np.isfinite(values) | (stored == _nodata(tags))] = np.nan
    return values


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
