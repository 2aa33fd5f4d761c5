"""Small color pictures of the images whose pixels are compared."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import decode
from lookalike.images.rendering import decode_picture
from lookalike.images.store import ImageStore
from lookalike.terminal.progress import track

SIZE = 32
# A JPEG decoded at 32 pixels, faster, would be less like its copies in other formats.
AT_LEAST = (2 * SIZE, 2 * SIZE)


def read_thumbnails(images: ImageStore, rows: Sequence[int], workers: int) -> np.ndarray:
    """Decode some rows of the image store: uint8 `[n, 32, 32, 3]`, three kilobytes an image.

    The whole image fills the square, so a copy of another shape has the same thumbnail.
    """
    thumbnails = np.empty((len(rows), SIZE, SIZE, 3), np.uint8)

    def read(position: int) -> None:
        thumbnails[position] = thumbnail(images.encoded(rows[position]), images.bands)

    in_file_order = np.argsort(rows).tolist()
    with ThreadPoolExecutor(max(1, workers)) as pool:  # Pillow decodes beside Python
        for _ in track(pool.map(read, in_file_order), "comparing images", total=len(rows)):
            pass
    return thumbnails


def thumbnail(data: bytes, bands: Bands | None = None) -> np.ndarray:
    """An encoded image in 32 x 32 pixels, each the mean of its area: uint8 `[32, 32, 3]`."""
    if bands is None:
        picture = decode(data, max_pixels=None, at_least=AT_LEAST)
    else:
        picture = decode_picture(data, bands, max_pixels=None)
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))
