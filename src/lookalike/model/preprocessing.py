"""From a decoded image to the pixels that the network takes, by Pillow and NumPy alone.

Training, embedding and searching all go through here, so a query has the very pixels that the
network was evaluated on. What ImageNet models are evaluated on is the same: torchvision's Resize
(antialiased) and CenterCrop give the same bytes of an RGB image.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from lookalike.core.choices import LARGEST_INPUT
from lookalike.images.pixels import Pixels

# Longer images, in shorter sides, lose their ends before they are resized, not after: a few bytes
# of PNG can hold a million pixels in a line, which resized whole takes gigabytes.
LONGEST = 64


Interpolation = Literal["bilinear", "bicubic"]
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


class ImageSize(BaseModel):
    """How an image becomes the network's input, a square of side `crop`.

    The shorter side becomes `resize`, and the center is cut out; or with `squash` both sides become
    `crop`, and nothing is cut off. `interpolation` is the filter that resizes, antialiased.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    resize: Literal["squash"] | Annotated[int, Field(ge=8, le=2 * LARGEST_INPUT)]
    crop: int = Field(ge=8, le=LARGEST_INPUT)
    interpolation: Interpolation = "bilinear"


def preprocess(image: Pixels, size: ImageSize) -> np.ndarray:
    """Resize (antialiased) and cut out the center, which of a square is all.

    Returns:
        `[channels, crop, crop]`: uint8 of RGB, float32 of bands in their own units.
    """
    square = size.crop, size.crop
    return _each_band(image, lambda band: _center(_resized(band, size), square))


def resize_whole(image: Pixels, size: ImageSize) -> np.ndarray:
    """As `preprocess`, but nothing is cut out of the center: `[channels, height, width]`."""
    return _each_band(image, lambda band: _resized(band, size))


def _each_band(image: Pixels, step: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    if isinstance(image, Image.Image):
        return np.array(step(image)).transpose(2, 0, 1)
    return np.stack([np.asarray(step(Image.fromarray(band))) for band in np.asarray(image)])


def _resized(image: Image.Image, size: ImageSize) -> Image.Image:
    middle = not_too_long(image.size)
    if middle != image.size:
        image = _center(image, middle)
    to = resized_size(middle, size)
    return image if image.size == to else image.resize(to, FILTERS[size.interpolation])


def _center(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The center of an image; where it is smaller, zeros around it."""
    left, top = map(center_start, image.size, size)
    return image.crop((left, top, left + size[0], top + size[1]))


def not_too_long(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the center of an image that is resized: see `LONGEST`."""
    width, height = size
    longest = LONGEST * min(size)
    return min(width, longest), min(height, longest)


def resized_size(size: tuple[int, int], to: ImageSize) -> tuple[int, int]:
    """Width and height of an image that is resized."""
    if to.resize == "squash":
        return to.crop, to.crop
    width, height = (to.resize * side // min(size) for side in size)
    return width, height


def center_start(side: int, wanted: int) -> int:
    """Where the center of a side begins, in pixels; negative where zeros come before the side."""
    return round((side - wanted) / 2) if side >= wanted else -((wanted - side) // 2)
