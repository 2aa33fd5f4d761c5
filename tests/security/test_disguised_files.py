"""Files that are called images and are something else, and directories without end."""

import struct
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from lookalike.images.decode import decode
from lookalike.images.geotiff import read_geotiff
from lookalike.images.inspect import inspect
from lookalike.images.refusal import UndecodableImageError

DISGUISED = {
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file showpage\n",
    "PDF": b"%PDF-1.7\n1 0 obj <</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\n",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "XML": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>',
    "MVG": b"push graphic-context\nfill 'url(https://example.org/a\"|id\")'\npop graphic-context",
    "MSL": b'<image><read filename="/etc/passwd"/><write filename="/tmp/a"/></image>',
    "VRT": b'<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1">'
    b"<SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1/a.tif</SourceFilename>"
    b"</SimpleSource></VRTRasterBand></VRTDataset>",
    "a path of GDAL": b"/vsicurl/http://127.0.0.1/a.tif",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "a script": b"#!/bin/sh\nid\n",
    "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
}


@pytest.mark.parametrize("kind", DISGUISED)
def test_what_is_called_an_image_and_is_something_else_is_refused(kind: str) -> None:
    with pytest.raises(UndecodableImageError, match="not an image of a known format"):
        decode(DISGUISED[kind])
    with pytest.raises(UndecodableImageError, match="not a TIFF file"):
        read_geotiff(DISGUISED[kind], lambda count: [1], None)


def test_a_tiff_of_a_million_pages_is_its_first(encoded: Callable[..., bytes]) -> None:
    photo = Image.fromarray(np.arange(48 * 3, dtype=np.uint8).reshape(6, 8, 3))
    data = bytearray(encoded(photo, "TIFF"))
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    following, first = start + 2 + 12 * count, len(data) + len(data) % 2
    struct.pack_into("<I", data, following, first)
    width = struct.pack("<HHII", 256, 4, 1, 8)
    pages = (
        struct.pack("<H", 1) + width + struct.pack("<I", first + 18 * number)
        for number in range(1, 10**6 + 1)
    )
    data = data.ljust(first, b"\0") + b"".join(pages)
    began = time.process_time()
    assert (np.asarray(decode(bytes(data), 10**4)) == np.asarray(photo)).all()
    assert inspect(bytes(data), 10**4).width == 8
    assert time.process_time() - began < 2


def test_an_icon_of_sixty_thousand_pictures_is_quick(encoded: Callable[..., bytes]) -> None:
    picture = encoded(Image.new("RGB", (16, 16), "red"))
    number, place = 60_000, 6 + 16 * 60_000
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(picture), place)
    began = time.process_time()
    assert decode(struct.pack("<HHH", 0, 1, number) + entry * number + picture).size == (16, 16)
    assert time.process_time() - began < 2
