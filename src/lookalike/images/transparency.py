"""A background for what is transparent, on which one can see what is drawn."""

import numpy as np
from PIL import Image

# Levels of 255: what is lighter vanishes on white.
LIGHT = 224
# The share of what is drawn that has to be darker, so that white shows it.
SEEN_ON_WHITE = 0.01


def composite(color: Image.Image, alpha: Image.Image) -> Image.Image:
    """Lay an RGB image on white; on black where nearly all that is drawn would vanish on white.

    Args:
        color: RGB.
        alpha: L, of the same size; 255: opaque.
    """
    drawn = color.copy()
    drawn.putalpha(alpha)
    ground = Image.new("RGBA", color.size, "black" if _vanishes_on_white(color, alpha) else "white")
    return Image.alpha_composite(ground, drawn).convert("RGB")


def _vanishes_on_white(color: Image.Image, alpha: Image.Image) -> bool:
    opacity = np.asarray(alpha).ravel()
    gray = np.asarray(color.convert("L")).ravel()
    ink = np.bincount(gray, weights=opacity, minlength=256)
    return bool(ink.sum() > 0 and ink[:LIGHT].sum() < SEEN_ON_WHITE * ink.sum())
