import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from tests.images.profiles import ADOBE_RGB

from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.png_chunks import without_large_chunks

Encode = Callable[..., bytes]

PICTURE = Image.linear_gradient("L").convert("RGB").resize((32, 24))


def same(data: bytes) -> bool:
    return bool((np.asarray(decode(data)) == np.asarray(PICTURE)).all())


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("international", [False, True])
@pytest.mark.parametrize("megabytes", [2, 70])
def test_large_texts_are_read_over(
    encoded: Encode, packed: bool, international: bool, megabytes: int
) -> None:
    info = PngImagePlugin.PngInfo()
    add = info.add_itxt if international else info.add_text
    add("XML:com.adobe.xmp", "x" * megabytes * 2**20, zip=packed)
    assert same(encoded(PICTURE, pnginfo=info))


def test_many_texts_are_read_over(encoded: Encode) -> None:
    info = PngImagePlugin.PngInfo()
    for number in range(80):
        info.add_text(f"text {number}", "x" * (2**20 - 1), zip=True)
    assert same(encoded(PICTURE, pnginfo=info))


def test_a_large_profile_gives_the_colors(encoded: Encode) -> None:
    photo = Image.effect_mandelbrot((32, 24), (-2, -1, 1, 1), 50).convert("RGB")
    photo.putpixel((0, 0), (255, 0, 0))
    large = ADOBE_RGB + np.random.default_rng(0).bytes(2 * 2**20)
    found = decode(encoded(photo, icc_profile=large))
    assert found.tobytes() == decode(encoded(photo, icc_profile=ADOBE_RGB)).tobytes()
    assert found != photo


def test_a_profile_of_absurd_size_is_read_over(encoded: Encode) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert same(encoded(PICTURE, icc_profile=srgb + bytes(40 * 2**20)))


def test_a_png_without_large_chunks_is_the_same_object(encoded: Encode) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("title", "a gradient", zip=True)
    data = encoded(PICTURE, pnginfo=info, icc_profile=ADOBE_RGB)
    assert without_large_chunks(data).data is data


@pytest.mark.parametrize(("name", "megabytes"), [(b"iCCP", 16), (b"zTXt", 1)])
def test_chunks_are_unpacked_only_up_to_a_sum(encoded: Encode, name: bytes, megabytes: int) -> None:
    content = b"a\0\0" + zlib.compress(bytes(megabytes * 2**20 - 9))
    chunk = struct.pack(">I", len(content)) + name + content
    chunk += struct.pack(">I", zlib.crc32(name + content))
    whole = encoded(PICTURE)
    start = time.process_time()
    assert same(whole[:33] + 1000 * chunk + whole[33:])  # all of them: 1 or 16 GB
    assert time.process_time() - start < 1


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_a_damaged_png_is_decoded_or_refused_but_never_fails_otherwise(
    encoded: Encode, place: float, bit: int, cut: bool
) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("long", "x" * 2 * 2**20, zip=True)
    whole = encoded(PICTURE, pnginfo=info, icc_profile=ADOBE_RGB)
    at = int(place * len(whole))
    rest = b"" if cut else bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
    try:
        assert decode(whole[:at] + rest, max_pixels=10**6).mode == "RGB"
    except UndecodableImageError as error:
        assert str(error)
