"""Formats of phones, and headers that promise more than is allowed."""

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from sklearn.datasets import load_sample_image
from tests.images.profiles import DISPLAY_P3
from tests.images.tiffs import with_short

from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.formats import FORMATS
from lookalike.images.inspect import inspect
from lookalike.images.tiff_directory import TILE_LENGTH, TILE_WIDTH

Encode = Callable[..., bytes]

PHOTO = Image.fromarray(load_sample_image("flower.jpg")).resize((96, 64))


def heif(image: Image.Image, **options: object) -> bytes:
    buffer = BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=90, **options)
    return buffer.getvalue()


def test_every_format_is_decoded(encoded: Encode) -> None:
    for name in FORMATS:
        data = heif(PHOTO) if name == "HEIF" else encoded(PHOTO, name)
        assert decode(data).mode == "RGB", name


def test_heic_has_the_colors_of_the_photograph() -> None:
    found = np.asarray(decode(heif(PHOTO)), np.int16)
    assert np.abs(found - np.asarray(PHOTO)).mean() < 4


def test_heic_has_the_colors_of_its_profile() -> None:
    target = ImageCms.createProfile("sRGB")
    data = heif(PHOTO, icc_profile=DISPLAY_P3)
    stored = pillow_heif.open_heif(data).to_pillow()
    profile = ImageCms.ImageCmsProfile(BytesIO(DISPLAY_P3))
    expected = np.asarray(ImageCms.profileToProfile(stored, profile, target), np.int16)
    assert np.abs(np.asarray(decode(data), np.int16) - expected).max() <= 2


def test_sideways_heic_is_upright_and_recorded_so() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = inspect(heif(PHOTO, exif=exif.tobytes()), 10**6)
    assert (found.width, found.height) == (64, 96)
    assert decode(heif(PHOTO, exif=exif.tobytes())).size == (64, 96)


def test_pillow_learns_no_format_from_us() -> None:
    decode(heif(PHOTO))
    assert "HEIF" not in Image.OPEN


@pytest.mark.parametrize("form", ["JPEG", "HEIF"])
def test_a_motion_photo_is_its_still_image(encoded: Encode, form: str) -> None:
    still = heif(PHOTO) if form == "HEIF" else encoded(PHOTO, form)
    video = struct.pack(">I4s", 16, b"ftyp") + b"mp42" + bytes(4)
    clip = video + struct.pack(">I4s", 3008, b"mdat") + np.random.default_rng(0).bytes(3000)
    if form == "HEIF":
        clip = struct.pack(">I4s", 8 + len(clip), b"mpvd") + clip
    assert decode(still + clip) == decode(still)


def test_a_jpeg_of_several_images_is_its_first(encoded: Encode) -> None:
    other = PHOTO.transpose(Image.Transpose.ROTATE_180)
    data = encoded(PHOTO, "MPO", save_all=True, append_images=[other], quality=95)
    found = np.asarray(decode(data), np.int16)
    assert np.abs(found - np.asarray(PHOTO)).mean() < 4


# --- headers that promise too much -----------------------------------------------------------

SIDE = 40_000


def png(side: int) -> bytes:
    """A real PNG of a few kilobytes, black and white."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + checksum

    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def icon(image: bytes) -> bytes:
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 32, 32, 0, 0, 1, 32, len(image), 22) + image


def bombs(encoded: Encode) -> dict[str, bytes]:
    """Small files of large images, by format; an icon's list says 32 x 32."""
    bitmap = struct.pack("<IiiHHIIiiII", 40, SIDE, 2 * SIDE, 1, 32, 0, 0, 0, 0, 0, 0)
    gif = bytearray(encoded(PHOTO.convert("P"), "GIF"))
    gif[6:10] = struct.pack("<HH", SIDE, SIDE)
    tiff = encoded(PHOTO, "TIFF", compression="tiff_lzw")
    tiles = with_short(with_short(tiff, TILE_WIDTH, SIDE), TILE_LENGTH, SIDE)
    found = {
        "ICO with a PNG": icon(png(SIDE)),
        "ICO with a bitmap": icon(bitmap),
        "PNG": png(SIDE),
        "WEBP": b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\x00\x90\x00" * 2 + bytes(20),
        "PPM": b"P6 %d %d 255\n" % (SIDE, SIDE),
        "QOI": b"qoif" + struct.pack(">IIBB", SIDE, SIDE, 3, 0) + bytes(20),
        "GIF": bytes(gif),
        "TIFF tiles": tiles,
    }
    for form, mark, skip in (("AVIF", b"ispe", 8), ("HEIF", b"ispe", 8), ("JPEG2000", b"ihdr", 4)):
        data = bytearray(heif(PHOTO) if form == "HEIF" else encoded(PHOTO, form))
        at = data.index(mark) + skip
        data[at : at + 8] = struct.pack(">II", SIDE // 4, SIDE // 4)
        found[form] = bytes(data)
    return found


def test_what_headers_promise_is_asked_before_memory_is_taken(
    encoded: Encode, tmp_path: Path
) -> None:
    files = bombs(encoded)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "warm.png").write_bytes(encoded(PHOTO))
    code = """
import resource, sys
from pathlib import Path
from lookalike.images.decode import UndecodableImageError, decode
decode(Path(sys.argv[1], "warm.png").read_bytes())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        decode(path.read_bytes(), max_pixels=10**7)
    except UndecodableImageError as error:
        print(path.name, "|", error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    *lines, megabytes = done.stdout.splitlines()
    refused = dict(line.split(" | ") for line in lines)
    assert refused.keys() == files.keys()
    wrong = {name: reason for name, reason in refused.items() if "10000000 allowed" not in reason}
    assert wrong == {}
    assert int(megabytes) < 64


def test_an_icon_is_as_large_as_its_image(encoded: Encode) -> None:
    found = inspect(icon(encoded(PHOTO)), 10**6)
    assert (found.width, found.height) == decode(icon(encoded(PHOTO))).size == PHOTO.size


def test_an_animation_of_very_many_frames_is_its_first(encoded: Encode) -> None:
    """Without a look at the others, which would take minutes."""
    two = encoded(PHOTO.convert("P"), "GIF", save_all=True, append_images=[PHOTO.rotate(180)])
    first = encoded(PHOTO.convert("P"), "GIF")
    frame = two[len(first) - 1 : -1]
    assert decode(two[:-1] + frame * 100_000 + b";") == decode(two)


def test_directories_of_a_tiff_in_a_circle_end(encoded: Encode) -> None:
    data = bytearray(encoded(PHOTO, "TIFF"))
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    assert (np.asarray(decode(bytes(data))) == np.asarray(PHOTO)).all()


@pytest.mark.parametrize("length", range(0, 64, 3))
@pytest.mark.parametrize("form", ["WEBP", "ICO", "AVIF", "TIFF"])
def test_a_header_that_is_cut_off_is_refused(encoded: Encode, form: str, length: int) -> None:
    with pytest.raises(UndecodableImageError):
        decode(encoded(PHOTO, form)[:length], max_pixels=10**6)
