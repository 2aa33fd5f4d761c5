import numpy as np
import pytest
from PIL import Image

from lookalike.images.frame import TOLERANCE, content_box

NOISE = np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)


def framed(color: int, jitter: int) -> Image.Image:
    """Noise in a frame, whose pixels are as far from its color as they may be or farther."""
    levels = np.full((100, 120), color)
    every_fourth = np.indices(levels.shape).sum(axis=0) % 4 == 0
    levels[every_fourth] += jitter if color < 128 else -jitter
    levels[15:75, 10:90] = NOISE
    return Image.fromarray(levels.astype(np.uint8))


@pytest.mark.parametrize("color", [0, 1, 12, 13, 128, 242, 243, 254, 255])
def test_a_frame_of_any_color_is_found(color: int) -> None:
    box = content_box(framed(color, TOLERANCE))
    assert box is not None
    assert np.abs(np.subtract(box, (10, 15, 90, 75))).max() < 1


@pytest.mark.parametrize("color", [0, 1, 128, 254, 255])
def test_a_border_that_is_not_plain_is_no_frame(color: int) -> None:
    assert content_box(framed(color, TOLERANCE + 1)) is None
