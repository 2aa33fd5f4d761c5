"""Opening an encoded image by its own first bytes, as it is stored: nothing is decoded yet."""

import re
import struct
from collections.abc import Callable
from io import BytesIO

from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile
from pillow_heif import HeifImageFile

from lookalike.images.png_chunks import without_large_chunks
from lookalike.images.tiff_directory import BITS, PLANAR

Factory = Callable[[BytesIO, str], ImageFile]
Accepts = Callable[[bytes], bool | str]

# What photographs come in. Pillow reads more: EPS by running Ghostscript, rare formats by decoders
# that nobody attacks, and so nobody fixes.
FORMATS = (
    "AVIF",
    "BMP",
    "DIB",
    "GIF",
    "HEIF",
    "ICO",
    "JPEG",
    "JPEG2000",
    "PCX",
    "PNG",
    "PPM",
    "QOI",
    "SGI",
    "TGA",
    "TIFF",
    "WEBP",
)

# The first box of HEIC and HEIF; AVIF has brands of its own, and is asked first.
HEIF_BRANDS = re.compile(rb"....ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL)
SEPARATE_PLANES = 2  # of the tag PLANAR
# What Pillow calls the planes of each mode.
PLANES = {"RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK"}


class StoredTiff(TiffImageFile):
    """A TIFF as it is stored: Pillow would turn it, and rewrite its metadata on the way."""

    def load_end(self) -> None:
        """Take the size of what is decoded."""
        self._size = self.im.size


def identified(data: bytes) -> ImageFile:
    """Open an image of one of `FORMATS`.

    Raises:
        UnidentifiedImageError: it is of no known format.
    """
    Image.init()
    for name in FORMATS:
        factory, accepts = plugin(name)
        if accepts is None or accepts(data[:16]) is True:
            try:
                return _opened(name, factory, data)
            except (SyntaxError, IndexError, TypeError, struct.error):
                continue
    raise UnidentifiedImageError


def plugin(name: str) -> tuple[Factory, Accepts | None]:
    """What opens a format, and what says of the first 16 bytes whether to try."""
    if name == "HEIF":  # not by Pillow's registry, which is everybody's
        return HeifImageFile, lambda prefix: HEIF_BRANDS.match(prefix) is not None
    factory, accepts = Image.OPEN[name]
    if name == "JPEG":  # Pillow's own choice reads the index of a file of several images
        return JpegImageFile, accepts
    return StoredTiff if name == "TIFF" else factory, accepts


def _opened(name: str, factory: Factory, data: bytes) -> ImageFile:
    if name == "PNG":
        small = without_large_chunks(data)
        image = factory(BytesIO(small.data), "")
        if small.profile is not None:
            image.info["icc_profile"] = small.profile
        return image
    image = factory(BytesIO(data), "")
    if isinstance(image, StoredTiff):
        _read_both_bytes_of_planes(image)
    return image


def _read_both_bytes_of_planes(image: StoredTiff) -> None:
    """Say of each plane of 16-bit colors how its numbers are stored: Pillow forgets to."""
    if image.tag_v2.get(PLANAR) != SEPARATE_PLANES or set(image.tag_v2.get(BITS, ())) != {16}:
        return
    order = "B" if image.tag_v2.prefix == b"MM" else "L"
    planes = []
    for tile in image.tile:
        if tile.codec_name != "raw" or not isinstance(tile.args, tuple) or image.mode not in PLANES:
            return
        plane, *others = tile.args
        if plane in PLANES[image.mode]:  # the others are no color
            planes.append(tile._replace(args=(f"{plane};16{order}", *others)))
    image.tile = planes
