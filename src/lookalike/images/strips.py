"""Large images a strip at a time: a copy of all their pixels for each step would take gigabytes."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from PIL import Image

# Pixels that are worked on at once.
STRIP = 2**18


class Strip(NamedTuple):
    """Whole rows of an image.

    Attributes:
        box: where they are: left, top, right, bottom.
        image: the rows alone; the image itself where they are all of it.
    """

    box: tuple[int, int, int, int]
    image: Image.Image


def strips(image: Image.Image) -> Iterator[Strip]:
    """The strips of a decoded image, from top to bottom."""
    width, height = image.size
    rows = max(1, STRIP // max(width, 1))
    if rows >= height:
        yield Strip((0, 0, width, height), image)
        return
    for top in range(0, height, rows):
        box = (0, top, width, min(top + rows, height))
        yield Strip(box, image.crop(box))


def in_strips(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """What a conversion that looks at each pixel alone makes of an image."""
    whole: Image.Image | None = None
    for box, part in strips(image):
        converted = convert(part)
        if part is image:
            return converted
        if whole is None:
            whole = Image.new(converted.mode, image.size)
            whole.info = converted.info
        whole.paste(converted, box)
    assert whole is not None  # an image has rows
    return whole
