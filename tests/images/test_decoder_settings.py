"""What belongs to everybody is left as it was."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from PIL import Image

from lookalike.images.decode import decode
from lookalike.images.decoder_settings import undisturbed

Encode = Callable[..., bytes]


def test_importing_changes_nothing_of_pillow() -> None:
    code = """
from PIL import Image, ImageFile, PngImagePlugin
def state():
    return (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES,
            PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY)
before = state()
import lookalike.images.inspect, lookalike.images.pixels, lookalike.images.store
assert state() == before, state()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_more_pixels_than_pillow_allows_are_decoded_without_a_warning(encoded: Encode) -> None:
    data = encoded(Image.new("1", (16_000, 6_000)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(data).size == (16_000, 6_000)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_pillows_own_limit_does_not_count(
    encoded: Encode, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(Image.new("RGB", (60, 40)), form)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert decode(data).size == (60, 40)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_the_last_thread_puts_back_what_was_there() -> None:
    filters, limit = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    together = Barrier(8)

    def work(_: int) -> int | None:
        together.wait()
        with undisturbed():
            return Image.MAX_IMAGE_PIXELS

    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            assert set(pool.map(work, range(8))) == {None}
            assert (list(warnings.filters), Image.MAX_IMAGE_PIXELS) == (filters, limit)


def test_an_error_puts_back_what_was_there() -> None:
    limit = Image.MAX_IMAGE_PIXELS
    with pytest.raises(ValueError, match="broken"), undisturbed():
        raise ValueError("broken")
    assert limit == Image.MAX_IMAGE_PIXELS
