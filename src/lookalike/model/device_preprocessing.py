"""As `preprocessing` and `images/orientation.py`, of tensors on any device.

The geometry is that of Pillow's images. Values are rounded once, and not after each direction as
Pillow does: they differ by a level of 255, by bicubic filters at sharp edges by some more.
"""

import torch
from torch import Tensor
from torch.nn import functional

from lookalike.model.preprocessing import ImageSize, center_start, not_too_long, resized_size

ROWS, COLUMNS = 1, 2
# Orientations, as EXIF numbers them, whose rows and columns are exchanged, and those that are then
# turned over, from top to bottom and from left to right.
EXCHANGED = {5, 6, 7, 8}
TURNED_OVER = {ROWS: {3, 4, 7, 8}, COLUMNS: {2, 3, 6, 7}}


def turned_upright(image: Tensor, orientation: int) -> Tensor:
    """An image `[channels, height, width]`, upright; it may be the same object."""
    if orientation in EXCHANGED:
        image = image.transpose(ROWS, COLUMNS)
    directions = [direction for direction, those in TURNED_OVER.items() if orientation in those]
    return image.flip(directions) if directions else image


def preprocess_tensor(image: Tensor, size: ImageSize) -> Tensor:
    """Resize (antialiased) and cut out the center, with zeros around what is smaller.

    Args:
        image: upright, uint8 `[channels, height, width]`.
        size: what the network takes.

    Returns:
        uint8 `[channels, crop, crop]`, on the image's device.
    """
    height, width = image.shape[1:]
    middle = not_too_long((width, height))
    to = resized_size(middle, size)
    values = _center(image, middle).float()
    if to != middle:
        values = functional.interpolate(
            values[None], to[::-1], mode=size.interpolation, antialias=True
        )[0]
    whole = _center(values, (size.crop, size.crop))
    return whole.round().clamp(0, 255).to(torch.uint8)


def _center(image: Tensor, size: tuple[int, int]) -> Tensor:
    """The center, `size` being its width and height."""
    height, width = image.shape[1:]
    left, top = center_start(width, size[0]), center_start(height, size[1])
    right, bottom = left + size[0] - width, top + size[1] - height
    return functional.pad(image, (-left, right, -top, bottom))
