"""JPEGs that every decoder reads alike: three channels of 8 bits, whose colors are sRGB.

Others, such as CMYK or those with a profile that moves colors, need what `images/decode.py` does.
"""

import numpy as np

from lookalike.images.color import changes_colors
from lookalike.images.decode import opened
from lookalike.images.orientation import orientation_of

START = b"\xff\xd8\xff"
CHANNELS = (1, 2, 3)  # as JFIF numbers brightness and the two differences of color
YCC = 1  # of Adobe's marker: the same three
MOST_PIXELS = 2**25  # larger ones would take much of a device's memory


def plain_orientation(data: bytes) -> int | None:
    """How a plain JPEG is to be turned, 1 to 8 (see `orientation_of`); None: it is another image.

    Only the header is read.

    Raises:
        UndecodableImageError: it is no image.
    """
    if not data.startswith(START):
        return None
    with opened(data, None) as image:
        is_plain = (
            image.format == "JPEG"
            and image.mode == "RGB"
            and tuple(number for number, *_ in getattr(image, "layer", ())) == CHANNELS
            and image.info.get("adobe_transform", YCC) == YCC
            and image.width * image.height <= MOST_PIXELS
            and not changes_colors(image.mode, image.info.get("icc_profile"))
        )
        return orientation_of(image) if is_plain else None


def decode_plain(data: bytes) -> np.ndarray:
    """Decode a plain JPEG as it is stored, not turned: uint8 `[height, width, 3]`.

    Raises:
        UndecodableImageError: it is broken.
    """
    with opened(data, None) as image:
        return np.array(image)
