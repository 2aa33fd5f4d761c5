"""Small color pictures of the images whose pixels are compared."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from tempfile import TemporaryFile

import numpy as np
from PIL import Image

from lookalike.core.layout import cache_folder
from lookalike.images.bands import Bands
from lookalike.images.decode import decode
from lookalike.images.frame import content_box
from lookalike.images.rendering import decode_picture
from lookalike.images.store import ImageStore
from lookalike.terminal.progress import track

SIZE = 32
BYTES = SIZE * SIZE * 3
BATCH = 64  # a task for each image would take more memory than its thumbnail
# A JPEG decoded at 32 pixels, faster, would be less like its copies in other formats.
AT_LEAST = (2 * SIZE, 2 * SIZE)
# A frame ends anywhere, and the smaller the pixels, the better one sees where.
AT_LEAST_FRAMED = (8 * SIZE, 8 * SIZE)


class Thumbnails:
    """Thumbnails by position, three kilobytes each, in a file without a name in the cache folder.

    In memory, those of a million images would take three gigabytes.
    """

    def __init__(self) -> None:
        self._file = TemporaryFile(dir=cache_folder(), buffering=0)  # noqa: SIM115 - ends with this

    def __setitem__(self, position: int, thumbnail: np.ndarray) -> None:
        left, start = memoryview(thumbnail.tobytes()), position * BYTES
        while left:
            written = os.pwrite(self._file.fileno(), left, start)
            left, start = left[written:], start + written

    def __getitem__(self, positions: np.ndarray) -> np.ndarray:
        """Those at some positions `[n]`: uint8 `[n, 32, 32, 3]`."""
        file = self._file.fileno()
        data = b"".join(os.pread(file, BYTES, place * BYTES) for place in positions.tolist())
        return np.frombuffer(data, np.uint8).reshape(-1, SIZE, SIZE, 3)


def read_thumbnails(images: ImageStore, views: Sequence[int], workers: int) -> Thumbnails:
    """Decode some images of the store.

    The whole view fills the square, so a copy of another shape has the same thumbnail.

    Args:
        images: the image store.
        views: rows; a row plus the number of rows is what is inside that image's frame.
        workers: threads.

    Raises:
        OSError: there is no room on the disk.
    """
    rows = np.asarray(views) % max(1, len(images))
    unframed = np.asarray(views) >= len(images)
    thumbnails = Thumbnails()

    def read(positions: np.ndarray) -> list[int]:
        done: list[int] = positions.tolist()
        for position in done:
            data = images.encoded(int(rows[position]))
            thumbnails[position] = thumbnail(data, images.bands, unframed=bool(unframed[position]))
        return done

    in_file_order = np.split(np.argsort(rows), range(BATCH, len(rows), BATCH))
    with ThreadPoolExecutor(max(1, workers)) as pool:  # Pillow decodes beside Python
        read_ones = chain.from_iterable(pool.map(read, in_file_order))
        for _ in track(read_ones, "comparing images", total=len(rows)):
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
