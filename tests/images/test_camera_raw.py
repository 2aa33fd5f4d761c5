"""Raw files as cameras lay them out: a small preview first, the sensor's pixels below it."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from tests.images.tiffs import with_entries

from lookalike.images.bands import Bands
from lookalike.images.camera_raw import camera_raw
from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.geotiff import decode_bands
from lookalike.images.tiff_directory import (
    COMPRESSION,
    DNG_VERSION,
    MAKE,
    PHOTOMETRIC,
    SUBDIRECTORIES,
)

Encode = Callable[..., bytes]

PREVIEW = Image.fromarray(np.full((12, 16, 3), 90, np.uint8))


def raw(encoded: Encode, make: bytes, tag: int, value: int) -> bytes:
    """A preview whose subdirectory describes the sensor's pixels, and the camera's maker."""
    data = encoded(PREVIEW, "TIFF") + make.ljust(20, b"\0")
    made_by = struct.pack("<HHII", MAKE, 2, 20, len(data) - 20)
    below = struct.pack("<H", 1) + struct.pack("<HHIHH", tag, 3, 1, value, 0) + bytes(4)
    data += below
    return with_entries(
        data, made_by, struct.pack("<HHII", SUBDIRECTORIES, 4, 1, len(data) - len(below))
    )


@pytest.mark.parametrize(
    ("make", "tag", "value", "name"),
    [
        (b"NIKON CORPORATION", COMPRESSION, 34713, "Nikon NEF"),
        (b"NIKON CORPORATION", PHOTOMETRIC, 32803, "Nikon NEF"),
        (b"SONY", COMPRESSION, 32767, "Sony ARW"),
        (b"PENTAX", COMPRESSION, 65535, "Pentax PEF"),
        (b"Hasselblad", PHOTOMETRIC, 32803, "Hasselblad 3FR"),
        (b"Nobody", PHOTOMETRIC, 34892, "of a camera"),
    ],
)
def test_a_preview_over_a_sensors_pixels_is_raw(
    encoded: Encode, make: bytes, tag: int, value: int, name: str
) -> None:
    data = raw(encoded, make, tag, value)
    assert camera_raw(data) == name
    for read in (decode, lambda data: decode_bands(data, Bands(chosen="all"))):
        with pytest.raises(UndecodableImageError, match=rf"^a camera raw file \({name}\), .*JPEG"):
            read(data)


def test_a_dng_is_raw(encoded: Encode) -> None:
    version = struct.pack("<HHI4B", DNG_VERSION, 1, 4, 1, 4, 0, 0)
    assert camera_raw(with_entries(encoded(PREVIEW, "TIFF"), version)) == "DNG"


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0", "Canon CR2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "Canon CR3"),
        (b"FUJIFILMCCD-RAW 0201", "Fujifilm RAF"),
        (b"IIRO\x08\0\0\0", "Olympus ORF"),
        (b"IIU\0\x18\0\0\0", "Panasonic RW2"),
    ],
)
def test_raw_formats_of_their_own_are_known_by_their_first_bytes(start: bytes, name: str) -> None:
    assert camera_raw(start + bytes(100)) == name


@pytest.mark.parametrize("form", ["TIFF", "JPEG", "PNG"])
def test_other_images_are_not_raw(encoded: Encode, form: str) -> None:
    assert camera_raw(encoded(PREVIEW, form)) is None


def test_a_tiff_of_a_camera_with_a_thumbnail_is_not_raw(encoded: Encode) -> None:
    data = raw(encoded, b"NIKON CORPORATION", COMPRESSION, 1)
    assert camera_raw(data) is None
    assert decode(data).size == PREVIEW.size
