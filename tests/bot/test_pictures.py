"""Pictures of hits, as Telegram takes them."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.bot.pictures import as_photograph, photograph
from lookalike.images.decode import decode
from lookalike.serve.bundle import Bundle
from lookalike.serve.settings import Settings


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_a_picture_of_any_size_becomes_one_that_telegram_takes(width: int, height: int) -> None:
    if width * height > 10**6:
        width = max(1, 10**6 // height)
    taken = Image.open(BytesIO(as_photograph(Image.new("L", (width, height)))))
    assert taken.format == "JPEG"
    assert max(taken.size) == 800
    assert max(taken.size) <= 20 * min(taken.size)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK"])
def test_a_picture_of_any_mode_becomes_one(mode: str) -> None:
    assert as_photograph(Image.new(mode, (30, 20)))


def test_without_the_image_store_pictures_are_thumbnails(
    settings: Settings, digit: bytes, tmp_path: Path
) -> None:
    without = replace(settings, images=tmp_path)
    bundle = Bundle(without, settings.source.locate(), lambda data, _: decode(data, None))
    result = bundle.searcher.search(digit, k=1)
    taken = Image.open(BytesIO(photograph(result.hits[0], result, bundle)))
    assert taken.size == (800, 800)
    assert len(taken.convert("L").getcolors() or [1, 2]) > 1  # nor is it a gray placeholder
