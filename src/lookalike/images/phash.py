"""The perceptual hash of an image and of its mirror image."""

import numpy as np
from PIL import Image
from scipy.fft import dctn

SIDE = 32
# Pictures twice as large are small enough for a resize that weighs every pixel.
AT_LEAST = (2 * SIDE, 2 * SIDE)
LOW = 8
# Mirroring an image turns the sign of its odd horizontal frequencies, and leaves the even ones.
MIRROR = np.where(np.arange(LOW) % 2, -1.0, 1.0)


def phash(grey: Image.Image) -> tuple[int, int]:
    """Two 64-bit hashes, most significant bit first: of an 8-bit grey image, and of its mirror.

    A bit says whether one of the 8 x 8 lowest frequencies of the discrete cosine transform of the
    32 x 32 image is above their median (Zauner, "Implementation and Benchmarking of Perceptual
    Image Hash Functions", 2010; the same bits as those of `imagehash.phash`).
    """
    small = grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    low = dctn(np.asarray(small, np.float64))[:LOW, :LOW]
    return _bits(low), _bits(low * MIRROR)


def _bits(low: np.ndarray) -> int:
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")
