"""Whatever a file holds, decoding it ends soon; and an ordinary one starts no process."""

import multiprocessing
import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.images.hostile import jpeg_of_many_scans

from lookalike.images.bands import Bands
from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.untrusted import decode_untrusted, quick_pixels
from lookalike.images.worker import Limits

Encode = Callable[..., bytes]

LIMITS = Limits(seconds=1.0, memory=2**32)
HEADER_OF_PNG = 33  # bytes, signature and IHDR


def refusal(data: bytes) -> str:
    with pytest.raises(UndecodableImageError) as caught:
        decode_untrusted(data, limits=LIMITS)
    return str(caught.value)


def png_chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "QOI"])
def test_an_ordinary_image_is_decoded_without_a_process(
    encoded: Encode, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(Image.linear_gradient("L").convert("RGB"), form)
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", None)
    assert decode_untrusted(data) == decode(data)


def test_a_progressive_photo_of_twelve_megapixels_is_ordinary(encoded: Encode) -> None:
    data = encoded(Image.new("RGB", (4000, 3000)), "JPEG", progressive=True)
    assert quick_pixels(data) >= 12_000_000


def test_a_jpeg_of_many_scans_is_refused_in_time(encoded: Encode) -> None:
    data = jpeg_of_many_scans(encoded)
    start = time.process_time()
    assert refusal(data) == "broken image: its decoder gave no answer in 1 seconds"
    assert time.process_time() - start < 0.5


def test_a_large_image_of_a_slow_format_is_refused_in_time() -> None:
    side = 6000
    data = b"qoif" + struct.pack(">IIBB", side, side, 3, 0) + bytes(side * side)
    assert refusal(data) == "broken image: its decoder gave no answer in 1 seconds"


def test_a_large_image_is_decoded_all_the_same(encoded: Encode) -> None:
    data = encoded(Image.new("RGB", (3000, 3000), "teal"))
    assert quick_pixels(data) < 3000 * 3000
    assert decode_untrusted(data) == decode(data)


@pytest.mark.parametrize("chunk", [png_chunk(b"IDAT", b""), png_chunk(b"tEXt", b"a\0b")])
def test_a_png_of_very_many_chunks_is_not_quick(encoded: Encode, chunk: bytes) -> None:
    whole = encoded(Image.new("L", (8, 8)))
    assert quick_pixels(whole) > 64
    assert quick_pixels(whole[:HEADER_OF_PNG] + 5000 * chunk + whole[HEADER_OF_PNG:]) == 0


@pytest.mark.parametrize("segments", [b"\xff\xfe\0\2" * 5000, b"\xff" * 5000])
def test_a_jpeg_of_very_many_segments_is_not_quick(encoded: Encode, segments: bytes) -> None:
    whole = encoded(Image.new("L", (8, 8)), "JPEG")
    assert quick_pixels(whole) > 64
    assert quick_pixels(whole[:20] + segments + whole[20:]) == 0


def test_why_an_image_is_refused_is_said_as_by_its_decoder(encoded: Encode) -> None:
    noise = Image.effect_noise((64, 64), 50)
    for data in (encoded(noise, "JPEG")[:600], encoded(noise)[:600], b"no image", b""):
        with pytest.raises(UndecodableImageError) as caught:
            decode(data)
        assert refusal(data) == str(caught.value)


def test_chosen_bands_are_decoded_too(geotiff: Callable[..., bytes]) -> None:
    values = np.arange(5 * 4 * 3, dtype=np.uint16).reshape(5, 4, 3)
    found = decode_untrusted(geotiff(values), Bands(chosen=(5, 1)))
    assert np.array_equal(found, values[[4, 0]])


def test_a_script_that_decodes_as_it_is_imported_runs_once(tmp_path: Path, encoded: Encode) -> None:
    (tmp_path / "image.png").write_bytes(encoded(Image.new("RGB", (3000, 3000))))
    (tmp_path / "script.py").write_text(
        "from pathlib import Path\n"
        "from lookalike.images.untrusted import decode_untrusted\n"
        "print(decode_untrusted(Path('image.png').read_bytes()).size)\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
        capture_output=True,
    )
    assert (done.stdout, done.stderr) == ("(3000, 3000)\n", "")
