"""A background for what is transparent, on which one can see what is drawn."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

# Levels of 255: what is lighter vanishes on white.
LIGHT = 224
# The share of what is drawn that has to be darker, so that white shows it.
SEEN_ON_WHITE = 0.01


# Pixels that are worked on at once: what is computed of all of a large image takes gigabytes.
STRIP = 2**20


def composite(color: Image.Image, alpha: Image.Image) -> Image.Image:
    """Lay an RGB image on white; on black where nearly all that is drawn would vanish on white.

    Args:
        color: RGB; changed in place, and returned.
        alpha: L, of the same size; 255: opaque.
    """
    ground = "black" if _vanishes_on_white(color, alpha) else "white"
    for box in _strips(color.size):
        drawn = color.crop(box)
        drawn.putalpha(alpha.crop(box))
        laid = Image.alpha_composite(Image.new("RGBA", drawn.size, ground), drawn)
        color.paste(laid.convert("RGB"), box)
    return color


def _vanishes_on_white(color: Image.Image, alpha: Image.Image) -> bool:
    ink = np.zeros(256)
    for box in _strips(color.size):
        gray = np.asarray(color.crop(box).convert("L")).ravel()
        opacity = np.asarray(alpha.crop(box)).ravel()
        ink += np.bincount(gray, weights=opacity, minlength=256)
    return bool(ink.sum() > 0 and ink[:LIGHT].sum() < SEEN_ON_WHITE * ink.sum())


def _strips(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of whole rows, from top to bottom."""
    width, height = size
    rows = max(1, STRIP // max(width, 1))
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)
