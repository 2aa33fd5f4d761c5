"""The perceptual hash of an image and of its mirror image."""

import numpy as np
from PIL import Image

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


def phash(gray: Image.Image) -> tuple[int, int]:
    """Two 64-bit hashes, most significant bit first: of an 8-bit gray image, and of its mirror.

    A bit says whether one of the 8 x 8 lowest frequencies of the discrete cosine transform of the
    32 x 32 image, each pixel the mean of its area, is above their median (Zauner, "Implementation
    and Benchmarking of Perceptual Image Hash Functions", 2010; of an image of 32 x 32 pixels the
    bits are those of `imagehash.phash`).
    """
    small = gray.resize((SIDE, SIDE), Image.Resampling.BOX)
    low = (TRANSFORM @ np.asarray(small, np.float64) @ TRANSFORM.T).round(DECIMALS)
    return _bits(low), _bits(low * MIRROR)


def _bits(low: np.ndarray) -> int:
    median = np.sort(low, axis=None)[LOW * LOW // 2 - 1 :][:2].mean()
    return int.from_bytes(np.packbits(low > median).tobytes(), "big")
