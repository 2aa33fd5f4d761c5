"""An image is turned by its orientation alone, whatever stands beside it."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from tests.images.tiffs import directory, with_entries, with_short

from lookalike.images.decode import decode
from lookalike.images.inspect import inspect
from lookalike.images.tiff_directory import ORIENTATION

Encode = Callable[..., bytes]

WIDE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8))
SIDEWAYS = struct.pack("<HHIHH", ORIENTATION, 3, 1, 6, 0)
XMP = b'<rdf:Description tiff:Orientation="6" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"/>'


def size(data: bytes) -> tuple[int, int]:
    """Of the decoded image, which ingest has to record."""
    found = inspect(data, 10**6)
    decoded = decode(data).size
    assert (found.width, found.height) == decoded
    return decoded


@given(
    tag=st.integers(1, 65535).filter(lambda tag: tag != ORIENTATION),
    kind=st.integers(0, 20),
    count=st.integers(0, 8) | st.integers(0, 2**32 - 1),
    value=st.integers(0, 200) | st.integers(0, 2**32 - 1),
    form=st.sampled_from(["JPEG", "PNG", "WEBP"]),
)
def test_an_odd_entry_of_exif_is_read_over(
    encoded: Encode, tag: int, kind: int, count: int, value: int, form: str
) -> None:
    exif = b"Exif\0\0" + directory(SIDEWAYS, struct.pack("<HHII", tag, kind, count, value))
    assert size(encoded(WIDE, form, exif=exif)) == (20, 30)


@given(kind=st.integers(0, 20), count=st.integers(0, 3), value=st.integers(0, 2**32 - 1))
def test_an_odd_entry_of_a_tiff_is_read_over(
    encoded: Encode, kind: int, count: int, value: int
) -> None:
    odd = struct.pack("<HHII", 40000, kind, count, value % 100)
    assert size(with_entries(encoded(WIDE, "TIFF"), SIDEWAYS, odd)) == (20, 30)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_tiff_is_recorded_as_it_is_decoded(
    encoded: Encode, orientation: int, compression: str
) -> None:
    data = with_short(encoded(WIDE, "TIFF", compression=compression), ORIENTATION, orientation)
    assert size(data) == ((20, 30) if orientation >= 5 else (30, 20))


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_an_orientation_that_there_is_not_turns_nothing(
    encoded: Encode, orientation: int, form: str
) -> None:
    if form == "TIFF":
        data = with_short(encoded(WIDE, form), ORIENTATION, orientation)
    else:
        entry = struct.pack("<HHIHH", ORIENTATION, 3, 1, orientation, 0)
        data = encoded(WIDE, form, exif=b"Exif\0\0" + directory(entry))
    assert size(data) == (30, 20)


def test_exif_that_is_marked_twice_is_read(encoded: Encode) -> None:
    exif = b"Exif\0\0Exif\0\0" + directory(SIDEWAYS)
    assert size(encoded(WIDE, "JPEG", exif=exif)) == (20, 30)


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_xmp_says_it_where_exif_does_not(encoded: Encode, form: str) -> None:
    assert size(encoded(WIDE, form, xmp=XMP)) == (20, 30)
    upright = directory(struct.pack("<HHIHH", ORIENTATION, 3, 1, 1, 0))
    assert size(encoded(WIDE, form, xmp=XMP, exif=b"Exif\0\0" + upright)) == (30, 20)


def test_exif_that_imagemagick_writes_as_text_is_read(encoded: Encode) -> None:
    exif = b"Exif\0\0" + directory(SIDEWAYS)
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(exif):8d}\n{exif.hex()}\n", zip=True)
    assert size(encoded(WIDE, pnginfo=info)) == (20, 30)
