"""Colors as the file's own profile means them, in sRGB."""

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

# Modes of Pillow with a profile, and what the profile calls their colors.
SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
# A profile that moves no color by more levels than this is sRGB by another name.
SAME = 1


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An image without transparency as 8-bit sRGB; it may be the same object.

    Args:
        image: 8 bits a channel.
        profile: an ICC profile of its colors; one that is damaged, or of other colors, is ignored.
    """
    if image.mode not in SPACES and image.mode != "LAB":
        image = image.convert("RGB")
    transform = _transform(image.mode, profile)
    if transform is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:  # which only a change in place gives
        raise AssertionError
    return converted


def changes_colors(mode: str, profile: bytes | None) -> bool:
    """Whether `to_srgb` makes other colors of an image in a mode of Pillow with a profile."""
    return _transform(mode, profile) is not None


@lru_cache(maxsize=16)
def _transform(mode: str, profile: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """None: the profile changes nothing, or cannot be used."""
    if mode == "LAB":
        return ImageCms.buildTransform(
            ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
        )
    if not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != SPACES[mode]:
            return None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        return None if mode != "CMYK" and _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    if mode == "L":
        colors = Image.fromarray(levels[None])
    else:
        grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
        colors = Image.fromarray(grid.reshape(len(levels), -1, 3))
    changed = ImageCms.applyTransform(colors, transform)
    before = np.asarray(colors.convert("RGB"), np.int16)
    return bool(np.abs(np.asarray(changed, np.int16) - before).max() <= SAME)
