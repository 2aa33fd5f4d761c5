"""A background for what is transparent, on which one can see what is drawn."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

# Levels of 255: what is lighter vanishes on white.
LIGHT = 224
# The share of what is drawn that has to be darker, so that white shows it.
SEEN_ON_WHITE = 0.01


def composite(color: Image.Image, alpha: Image.Image, ground: str) -> Image.Image:
    """Lay an RGB image on a ground.

    Args:
        color: RGB; changed in place.
        alpha: L, of the same size; 255: opaque.
        ground: the name of a color.
    """
    color.putalpha(alpha)
    laid = Image.alpha_composite(Image.new("RGBA", color.size, ground), color).convert("RGB")
    laid.info = color.info
    return laid


def ground_for(parts: Iterable[tuple[Image.Image, Image.Image]]) -> str:
    """White for an image; black where nearly all that is drawn would vanish on white.

    Args:
        parts: colors and alpha, as for `composite`, of all its parts.
    """
    ink = np.zeros(256)
    for color, alpha in parts:
        gray = np.asarray(color.convert("L")).ravel()
        opacity = np.asarray(alpha).ravel()
        ink += np.bincount(gray, weights=opacity, minlength=256)
    vanishes = ink.sum() > 0 and ink[:LIGHT].sum() < SEEN_ON_WHITE * ink.sum()
    return "black" if vanishes else "white"
