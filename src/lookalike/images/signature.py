"""Whether a file can be an image, by its first bytes: before the rest of it is read."""

import struct

from PIL import Image

from lookalike.images.formats import FORMATS, plugin
from lookalike.images.refusal import UndecodableImageError

SIGNATURE_BYTES = 64

_TGA = struct.Struct("<BBB5xHHHHBB")
_TGA_TYPES = {1, 2, 3, 9, 10, 11}


def check_signature(start: bytes) -> None:
    """Raise UndecodableImageError where no accepted format begins like this.

    Args:
        start: the first `SIGNATURE_BYTES` of a file, or all of a shorter one.
    """
    if not any(_may_be(name, start) for name in FORMATS):
        raise UndecodableImageError("not an image of a known format")


def _may_be(name: str, start: bytes) -> bool:
    if name == "TGA":
        return _may_be_tga(start)
    Image.init()  # registers the formats; does nothing the second time
    _, accepts = plugin(name)
    try:
        return accepts is not None and bool(accepts(start))
    except (struct.error, IndexError):  # shorter than the signature
        return False


def _may_be_tga(start: bytes) -> bool:
    """TGA has no signature; its header has few values that make sense.

    Truevision TGA File Format Specification 2.0, fields 2, 3 and 5.
    """
    if len(start) < _TGA.size:
        return False
    _, color_map, kind, _, _, width, height, depth, _ = _TGA.unpack_from(start)
    return (
        color_map in {0, 1}
        and kind in _TGA_TYPES
        and depth in {1, 8, 16, 24, 32}
        and width > 0
        and height > 0
    )
