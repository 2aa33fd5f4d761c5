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

from lookalike.images.png_chunks import SIGNATURE, without_large_chunks
from lookalike.images.tiff_directory import BITS, PLANAR

Factory = Callable[[BytesIO, str], ImageFile]
Accepts = Callable[[bytes], bool | str]

# What photographs come in. Pillow reads more: EPS by running Ghostscript, rare formats by decoders
# that nobody attacks, and so nobody mends.
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


def announced_sizes(data: bytes) -> list[tuple[int, int]]:
    """Widths and heights in headers for which memory is taken before Pillow tells a size.

    Of WebP the canvas, which is taken at once; of an icon those of the images inside, which may be
    larger than its own list says.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return [_canvas_of_webp(data)]
    if data[:4] == b"\0\0\1\0":
        entries = [struct.unpack_from("<I", entry, 12)[0] for entry in _icon_entries(data)]
        return [size for offset in entries if (size := _size_in_icon(data[offset : offset + 24]))]
    return []


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


def _canvas_of_webp(data: bytes) -> tuple[int, int]:
    """The size in the header of a WebP (RFC 9649, 2.4 to 2.7)."""
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return width + 1, height + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _icon_entries(data: bytes) -> list[bytes]:
    (count,) = struct.unpack_from("<H", data, 4)
    return [data[at : at + 16] for at in range(6, min(6 + 16 * count, len(data) - 15), 16)]


def _size_in_icon(header: bytes) -> tuple[int, int] | None:
    """The size of one image of an icon: a PNG, or a bitmap as high as it and its mask."""
    if header.startswith(SIGNATURE):
        width, height = struct.unpack_from(">II", header.ljust(24, b"\0"), 16)
        return width, height
    if len(header) < 12:
        return None
    width, height = struct.unpack_from("<ii", header, 4)
    return abs(width), abs(height) // 2
