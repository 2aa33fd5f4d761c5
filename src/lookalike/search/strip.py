"""A search result as one row of small pictures, for a terminal."""

from io import BytesIO

from PIL import Image, ImageOps

from lookalike.search.results import SearchResult

SIDE = 96  # pixels
GAP = 8
MOST = 12  # pictures: about as wide as a terminal


def strip_of(result: SearchResult) -> bytes:
    """The examples and the nearest hits, as a PNG; a wider gap tells them apart."""
    examples = result.examples[:MOST]
    hits = [result.picture(hit) for hit in result.hits[: MOST - len(examples)]]
    left = [number * (SIDE + GAP) + GAP * (number >= len(examples)) for number in range(MOST)]
    pictures = [*examples, *hits]
    width = left[len(pictures) - 1] + SIDE if pictures else 1
    strip = Image.new("RGBA", (width, SIDE))
    for picture, start in zip(pictures, left, strict=False):
        small = ImageOps.contain(picture.convert("RGB"), (SIDE, SIDE))
        strip.paste(small, (start + (SIDE - small.width) // 2, (SIDE - small.height) // 2))
    buffer = BytesIO()
    strip.save(buffer, "PNG")
    return buffer.getvalue()
