"""Pictures of hits, as Telegram takes them."""

from io import BytesIO

from PIL import Image

from lookalike.search.results import Hit, SearchResult
from lookalike.serve.bundle import Bundle

LONGER_SIDE = 800  # pixels
SHORTER_SIDE = LONGER_SIDE // 20  # Telegram refuses photographs that are more elongated
QUALITY = 90


def photograph(hit: Hit, result: SearchResult, bundle: Bundle) -> bytes:
    """A hit as JPEG: from the image store, or without one from its thumbnail.

    Args:
        hit: one of the result's.
        result: an answer.
        bundle: what gave it.
    """
    row = None if bundle.images is None else bundle.searcher.index.row_of(hit.id)
    if bundle.images is None or row is None:
        return as_photograph(result.picture(hit))
    return as_photograph(bundle.images.picture(row))


def as_photograph(picture: Image.Image) -> bytes:
    """A picture as JPEG of 800 pixels, with white beside it where it is very elongated."""
    scale = LONGER_SIDE / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    canvas = Image.new("RGB", (max(width, SHORTER_SIDE), max(height, SHORTER_SIDE)), "white")
    place = (canvas.width - width) // 2, (canvas.height - height) // 2
    canvas.paste(picture.convert("RGB").resize((width, height)), place)
    buffer = BytesIO()
    canvas.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
