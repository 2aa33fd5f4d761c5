"""Decode what a stranger sent: here where that is surely quick, else in a process of its own."""

import struct
from functools import partial

from lookalike.images.bands import Bands
from lookalike.images.bounded import DEFAULT_LIMITS, decode_bounded
from lookalike.images.decode import DEFAULT_MAX_PIXELS, UndecodableImageError
from lookalike.images.geotiff import require_rasterio
from lookalike.images.pixels import Pixels, decode_pixels
from lookalike.images.png_chunks import SIGNATURE
from lookalike.images.worker import Limits

# What is decoded here takes about a second and half a gigabyte at most, whatever it holds.
MOST_BYTES = 16 * 2**20
MOST_JPEG_PIXELS = 2**25
MOST_SCANNED = 2**27  # pixels of a JPEG, anew for each of its scans
MOST_PIXELS = 2**23  # of PNG and WebP, which may have transparency or deep pixels
MOST_PARTS = 4096  # of a header: Pillow reads them one by one, in Python
# Of other formats, some of them decoded in Python
MOST_BYTES_OF_OTHERS = 2**20
MOST_PIXELS_OF_OTHERS = 2**20


def decode_untrusted(
    data: bytes,
    bands: Bands | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    limits: Limits = DEFAULT_LIMITS,
) -> Pixels:
    """As `decode_pixels`, bounded in time and memory.

    Starting a process takes longer than decoding most images, so that only what may take long is
    decoded in one.

    Raises:
        UndecodableImageError: it cannot be decoded within the limits.
        LookalikeError: rasterio is needed and not installed.
    """
    if bands is not None:
        require_rasterio()  # asked here: a process that lacks it would seem to crash
    if pixels := quick_pixels(data):
        try:
            return decode_pixels(data, bands, min(pixels, max_pixels))
        except UndecodableImageError:  # too large to be quick, perhaps
            pass
    decode = partial(decode_pixels, bands=bands, max_pixels=max_pixels)
    return decode_bounded(data, decode, len(data), limits)


def quick_pixels(data: bytes) -> int:
    """How many pixels an encoded image may have to be decoded quickly; 0 where none are quick."""
    if len(data) > MOST_BYTES:
        return 0
    if data.startswith(b"\xff\xd8\xff"):
        scans = max(1, data.count(b"\xff\xda"))
        return min(MOST_JPEG_PIXELS, MOST_SCANNED // scans) if _short_jpeg(data) else 0
    if data.startswith(SIGNATURE):
        return MOST_PIXELS if _short_png(data) else 0
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return MOST_PIXELS
    return MOST_PIXELS_OF_OTHERS if len(data) <= MOST_BYTES_OF_OTHERS else 0


def _short_jpeg(data: bytes) -> bool:
    """Whether few segments come before the first scan; what is in between scans costs little."""
    place = 2
    for _ in range(MOST_PARTS):
        if place + 4 > len(data):
            return True
        start, marker, length = struct.unpack_from(">BBH", data, place)
        if start != 0xFF or marker == 0xFF:  # padding, which is skipped byte by byte
            return False
        if marker == 0xDA:
            return True
        place += 2 + length
    return False


def _short_png(data: bytes) -> bool:
    place = len(SIGNATURE)
    for _ in range(MOST_PARTS):
        if place + 12 > len(data):
            return True
        (length,) = struct.unpack_from(">I", data, place)
        place += 12 + length
    return False
