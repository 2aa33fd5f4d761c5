"""Small color pictures of the images whose pixels are compared."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import decode
from lookalike.images.frame import content_box
from lookalike.images.rendering import decode_picture
from lookalike.images.store import ImageStore
from lookalike.terminal.progress import track

SIZE = 32
# A JPEG decoded at 32 pixels, faster, would be less like its copies in other formats.
AT_LEAST = (2 * SIZE, 2 * SIZE)
# A frame ends anywhere, and the smaller the pixels, the better one sees where.
AT_LEAST_FRAMED = (8 * SIZE, 8 * SIZE)


def read_thumbnails(images: ImageStore, views: Sequence[int], workers: int) -> np.ndarray:
    """Decode some images of the store: uint8 `[n, 32, 32, 3]`, three kilobytes a view.

    The whole view fills the square, so a copy of another shape has the same thumbnail.

    Args:
        images: the image store.
        views: rows; a row plus the number of rows is what is inside that image's frame.
        workers: threads.
    """
    rows = np.asarray(views) % len(images)
    unframed = np.asarray(views) >= len(images)
    thumbnails = np.empty((len(views), SIZE, SIZE, 3), np.uint8)

    def read(position: int) -> None:
        data = images.encoded(int(rows[position]))
        thumbnails[position] = thumbnail(data, images.bands, unframed=bool(unframed[position]))

    in_file_order = np.argsort(rows).tolist()
    with ThreadPoolExecutor(max(1, workers)) as pool:  # Pillow decodes beside Python
        for _ in track(pool.map(read, in_file_order), "comparing images", total=len(views)):
            pass
    return thumbnails


def thumbnail(data: bytes, bands: Bands | None = None, unframed: bool = False) -> np.ndarray:
    """An encoded image in 32 x 32 pixels, each the mean of its area: uint8 `[32, 32, 3]`.

    Args:
        data: the encoded image.
        bands: which bands to read, where it is not an ordinary image.
        unframed: only what is inside its frame (see `content_box`).
    """
    if bands is None:
        at_least = AT_LEAST_FRAMED if unframed else AT_LEAST
        picture = decode(data, max_pixels=None, at_least=at_least)
    else:
        picture = decode_picture(data, bands, max_pixels=None)
    box = content_box(picture.convert("L")) if unframed else None
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX, box=box))
