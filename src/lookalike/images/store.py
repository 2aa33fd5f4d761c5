"""The image store, opened: encoded images and what is known of them, row by row."""

from functools import cached_property
from os import PathLike
from pathlib import Path

import pyarrow as pa
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.rendering import decode_picture
from lookalike.images.shards import open_shards


class ImageStore:
    """What the ingest stage wrote, memory-mapped: columns and rows are read when they are touched.

    Open it once and pass it on: opening takes seconds where there are many shards.

    Args:
        folder: the folder of shards.

    Attributes:
        folder: the same.
        bands: which bands of multispectral images are read; None: the images are 8-bit RGB.
        metadata: a table of everything but the images, a row an image, sorted by path.

    Raises:
        NotReadyError: there are no shards.
        DataError: one of them cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        table = open_shards(folder)
        self.bands = Bands.from_metadata(table.schema.metadata)
        self.metadata: pa.Table = table.drop_columns(["image"])
        self._encoded: pa.ChunkedArray = table["image"]

    def __len__(self) -> int:
        return len(self.metadata)

    @cached_property
    def ids(self) -> list[str]:
        """The id of every image, in the order of the rows."""
        ids: list[str] = self.metadata["id"].to_pylist()
        return ids

    def encoded(self, row: int) -> bytes:
        """An image as it came, in whatever format."""
        data: bytes = self._encoded[row].as_py()
        return data

    def encoded_slice(self, start: int, count: int) -> list[bytes]:
        """Up to `count` images as they came, from row `start` on."""
        some: list[bytes] = self._encoded.slice(start, count).to_pylist()
        return some

    def picture(self, row: int) -> Image.Image:
        """An image as people see it: 8-bit RGB, whatever its bands."""
        return decode_picture(self.encoded(row), self.bands, max_pixels=None)


def open_images(folder: str | PathLike[str]) -> ImageStore:
    """Open an image store.

    Example:
        >>> images = open_images("data/images")
        >>> images.picture(0).show()

    Raises:
        NotReadyError: there is none; the ingest stage has to run first.
        DataError: it cannot be read.
    """
    return ImageStore(Path(folder))
