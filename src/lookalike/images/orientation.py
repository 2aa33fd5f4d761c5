"""How an image is to be turned so that it is upright: by one number, whatever stands beside it."""

import re

from PIL import Image

from lookalike.images.exif import exif_block
from lookalike.images.tiff_directory import ORIENTATION, first_directory

# From the orientation, as EXIF numbers it, to what turns the stored pixels upright.
METHODS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
IN_XMP = re.compile(r'tiff:Orientation(?:\s*=\s*"|>)\s*([1-8])\b')


def orientation_of(image: Image.Image) -> int:
    """The orientation of a decoded image, 1 to 8; 1 where the file names none, or another number.

    Read from EXIF, and where that has none, from XMP.
    """
    tags = getattr(image, "tag_v2", None)  # of a TIFF, which keeps it among its own
    number = tags.get(ORIENTATION) if tags is not None else _in_exif(image)
    if number is None:
        found = IN_XMP.search(_xmp(image))
        number = int(found[1]) if found else 1
    return number if number in METHODS else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn an image; it may be the same object."""
    return image.transpose(METHODS[orientation]) if orientation in METHODS else image


def upright_size(stored: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height once upright."""
    return (stored[1], stored[0]) if orientation >= 5 else stored


def _in_exif(image: Image.Image) -> int | None:
    return first_directory(exif_block(image)).number(ORIENTATION)


def _xmp(image: Image.Image) -> str:
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or ""
    return xmp.decode("latin-1") if isinstance(xmp, bytes) else str(xmp)
