from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lookalike.images.decode import decode

Encode = Callable[..., bytes]


def line_art(ink: tuple[int, int, int], size: int = 64) -> Image.Image:
    """A circle with soft edges on nothing."""
    alpha = Image.new("L", (4 * size, 4 * size))
    ImageDraw.Draw(alpha).ellipse((40, 40, 210, 210), outline=255, width=12)
    drawn = Image.new("RGB", (size, size), ink)
    drawn.putalpha(alpha.resize((size, size)))
    return drawn


@pytest.mark.parametrize("ink", [(255, 255, 255), (255, 255, 240), (230, 235, 240)])
def test_white_line_art_is_seen_on_black(encoded: Encode, ink: tuple[int, int, int]) -> None:
    found = np.asarray(decode(encoded(line_art(ink))))
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found.max() >= 220


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 0, 0), (128, 128, 128), (200, 200, 200)])
def test_what_white_shows_is_seen_on_white(encoded: Encode, ink: tuple[int, int, int]) -> None:
    found = np.asarray(decode(encoded(line_art(ink))))
    assert found[0, 0].tolist() == [255, 255, 255]


def test_a_white_page_with_black_text_and_round_corners_stays_white(encoded: Encode) -> None:
    page = Image.new("RGBA", (64, 64), "white")
    ImageDraw.Draw(page).text((8, 20), "text", fill="black")
    page.putpixel((0, 0), (255, 255, 255, 0))
    assert decode(encoded(page)).getpixel((0, 0)) == (255, 255, 255)


def test_white_gray_with_alpha_is_seen_on_black(encoded: Encode) -> None:
    assert decode(encoded(line_art((255, 255, 255)).convert("LA"))).getpixel((0, 0)) == (0, 0, 0)


def test_an_image_of_nothing_is_white(encoded: Encode) -> None:
    assert decode(encoded(Image.new("RGBA", (4, 4)))).getpixel((0, 0)) == (255, 255, 255)
