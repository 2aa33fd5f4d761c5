"""The first bytes say whether a file can be an image."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from lookalike.images.formats import FORMATS
from lookalike.images.refusal import UndecodableImageError
from lookalike.images.signature import SIGNATURE_BYTES, check_signature

# Pillow reads these two and does not write them.
READ_ONLY = {"QOI": b"qoif\0\0\0\1", "HEIF": b"\0\0\0\x18ftypheic"}


@pytest.mark.parametrize("form", FORMATS)
def test_every_accepted_format_begins_as_an_image_does(
    form: str, encoded: Callable[..., bytes]
) -> None:
    data = READ_ONLY.get(form) or encoded(np.zeros((16, 16, 3), np.uint8), form)
    check_signature(data[:SIGNATURE_BYTES])


@pytest.mark.parametrize("depth", ["1", "L", "P", "LA", "RGB", "RGBA"])
def test_a_tga_of_any_depth_does(depth: str, encoded: Callable[..., bytes]) -> None:
    check_signature(encoded(Image.new(depth, (3, 5)), "TGA")[:SIGNATURE_BYTES])


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"a",
        bytes(64),
        b"a shopping list",
        b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
        b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
        b"\x1aE\xdf\xa3matroska",
        b"RIFF\0\0\0\0AVI LIST",
        b"PK\3\4",
        b"%PDF-1.7",
        b"%!PS-Adobe EPSF",
    ],
)
def test_nothing_else_does(start: bytes) -> None:
    with pytest.raises(UndecodableImageError, match="not an image of a known format"):
        check_signature(start)
