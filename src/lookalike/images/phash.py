"""The perceptual hashes of an image, of the image turned, and of the image without its frame."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from lookalike.images.frame import Box, content_box

SIDE = 32
# A decoder may do the first part of the averaging.
AT_LEAST = (2 * SIDE, 2 * SIDE)
LOW = 8
# The lowest frequencies of the discrete cosine transform (type II) of 32 values.
TRANSFORM = np.cos(np.pi / (2 * SIDE) * np.outer(np.arange(LOW), 2 * np.arange(SIDE) + 1))
# Rounding noise decides nothing: frequencies that an image has not got are all 0.
DECIMALS = 6
# Mirroring an image turns the sign of its odd horizontal frequencies, and leaves the even ones.
MIRROR = np.where(np.arange(LOW) % 2, -1.0, 1.0)
ONES = np.ones(LOW)
# The image as it is, mirrored, upside down (top and bottom exchanged), turned by 180 degrees.
SIGNS = np.stack([np.outer(down, across) for down in (ONES, MIRROR) for across in (ONES, MIRROR)])


class PerceptualHashes(NamedTuple):
    """64-bit hashes, most significant bit first.

    Those of the image turned by a quarter are these with their 8 x 8 bits transposed.

    Attributes:
        phash: of the image.
        phash_mirrored: of its mirror image.
        phash_flipped: of the image with top and bottom exchanged.
        phash_rotated: of the image turned by 180 degrees.
        phash_unframed: of what is inside its frame (see `content_box`); `phash` without a frame.
    """

    phash: int
    phash_mirrored: int
    phash_flipped: int
    phash_rotated: int
    phash_unframed: int


def phash(gray: Image.Image) -> PerceptualHashes:
    """Hash an 8-bit gray image.

    A bit says whether one of the 8 x 8 lowest frequencies of the discrete cosine transform of the
    32 x 32 image, each pixel the mean of its area, is above their median (Zauner, "Implementation
    and Benchmarking of Perceptual Image Hash Functions", 2010; of an image of 32 x 32 pixels the
    bits are those of `imagehash.phash`).
    """
    upright, mirrored, flipped, rotated = _bits(_lowest_frequencies(gray) * SIGNS)
    box = content_box(gray)
    unframed = upright if box is None else _bits(_lowest_frequencies(gray, box)[None])[0]
    return PerceptualHashes(upright, mirrored, flipped, rotated, unframed)


def _lowest_frequencies(gray: Image.Image, box: Box | None = None) -> np.ndarray:
    """Of the image, or of a part of it: `[8, 8]`."""
    small = gray.resize((SIDE, SIDE), Image.Resampling.BOX, box=box)
    low: np.ndarray = (TRANSFORM @ np.asarray(small, np.float64) @ TRANSFORM.T).round(DECIMALS)
    return low


def _bits(low: np.ndarray) -> list[int]:
    """A hash for each `[8, 8]` of `[n, 8, 8]`."""
    values = low.reshape(len(low), LOW * LOW)
    ordered = np.sort(values, axis=1)
    medians = (ordered[:, LOW * LOW // 2 - 1] + ordered[:, LOW * LOW // 2]) / 2
    bits = np.packbits(values > medians[:, None], axis=1)
    return [int.from_bytes(row.tobytes(), "big") for row in bits]
