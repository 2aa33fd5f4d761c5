"""The eight ways to turn and mirror a picture, numbered as EXIF numbers them."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

UPRIGHT, MIRRORED, ROTATED, FLIPPED, TRANSPOSED, CLOCKWISE, TRANSVERSE, COUNTERCLOCKWISE = range(
    1, 9
)

# The orientation that undoes each one, by its number.
INVERSE = np.array([0, 1, 2, 3, 4, 5, 8, 7, 6], np.uint8)

# Whether rows and columns change places first, and which of them are then reversed.
_STEPS: Mapping[int, tuple[bool, bool, bool]] = MappingProxyType(
    {
        MIRRORED: (False, False, True),
        ROTATED: (False, True, True),
        FLIPPED: (False, True, False),
        TRANSPOSED: (True, False, False),
        CLOCKWISE: (True, False, True),
        TRANSVERSE: (True, True, True),
        COUNTERCLOCKWISE: (True, True, False),
    }
)


def turn(pictures: np.ndarray, orientation: np.ndarray) -> np.ndarray:
    """Turn each picture of `[n, side, side, ...]` as its orientation `[n]` says: a copy."""
    turned = pictures.copy()
    for number, (transposed, upside_down, mirrored) in _STEPS.items():
        chosen = orientation == number
        if chosen.any():
            part = pictures[chosen]
            part = part.swapaxes(1, 2) if transposed else part
            part = part[:, ::-1] if upside_down else part
            turned[chosen] = part[:, :, ::-1] if mirrored else part
    return turned


def transposed_bits(hashes: np.ndarray) -> np.ndarray:
    """The perceptual hashes of pictures with rows and columns exchanged: uint64, same shape."""
    bits = np.unpackbits(hashes.astype(">u8").view(np.uint8)).reshape(-1, 8, 8)
    return np.packbits(bits.swapaxes(1, 2)).view(">u8").astype(np.uint64)
