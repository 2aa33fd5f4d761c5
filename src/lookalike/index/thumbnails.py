"""Small pictures of all indexed images, in one file."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path

import pyarrow as pa
from PIL import Image

from lookalike.core.arrow_file import open_table
from lookalike.images.bands import Bands
from lookalike.images.rendering import decode_picture
from lookalike.images.store import ImageStore
from lookalike.images.stretch import Stretch
from lookalike.terminal.progress import track

SCHEMA = pa.schema([pa.field("thumbnail", pa.binary())])
MAX_THUMBNAIL_BYTES = 2**13
SMALLEST = 16  # pixels of the longer side
QUALITY = 75
ROWS_AT_ONCE = 256


def write_thumbnails(images: ImageStore, size: int, workers: int, path: Path) -> None:
    """Write a thumbnail of every image, WebP, in the order of the image store.

    One that would take more than `MAX_THUMBNAIL_BYTES` is smaller.

    Args:
        images: the image store.
        size: pixels of the longer side; images that are smaller stay as they are.
        workers: threads that decode; how many changes no byte.
        path: the file to write.
    """
    make = partial(
        thumbnail,
        bands=images.bands,
        size=size,
        most=MAX_THUMBNAIL_BYTES,
        stretch=images.stretch,
    )
    starts = range(0, len(images), ROWS_AT_ONCE)
    with (
        ThreadPoolExecutor(max(1, workers)) as pool,  # Pillow decodes beside Python
        pa.ipc.new_file(path, SCHEMA) as writer,
    ):
        for start in track(starts, "thumbnails", total=len(starts)):
            encoded = images.encoded_slice(start, ROWS_AT_ONCE)
            column = pa.array(pool.map(make, encoded), pa.binary())
            writer.write_batch(pa.record_batch([column], schema=SCHEMA))


def open_thumbnails(path: Path) -> pa.Table:
    """Open the file, memory-mapped.

    Raises:
        ValueError: it is no such file.
        OSError: it cannot be read.
    """
    return open_table(path, SCHEMA)


def thumbnail(
    data: bytes, bands: Bands | None, size: int, most: int, stretch: Stretch | None = None
) -> bytes | None:
    """One image as WebP of at most `most` bytes; None where even the smallest is larger."""
    picture = decode_picture(data, bands, None, (2 * size, 2 * size), stretch)
    return small_webp(picture, size, most)


def small_webp(picture: Image.Image, size: int, most: int) -> bytes | None:
    """A picture, which is made small, as WebP of at most `most` bytes; see `thumbnail`."""
    while size >= SMALLEST:
        picture.thumbnail((size, size), Image.Resampling.LANCZOS)
        buffer = BytesIO()
        picture.save(buffer, "WEBP", quality=QUALITY)
        if buffer.tell() <= most:
            return buffer.getvalue()
        size //= 2
    return None
