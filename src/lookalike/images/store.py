"""The image store, opened: encoded images and what is known of them, row by row."""

from functools import cached_property, lru_cache
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from lookalike.core.errors import DataError, one_line
from lookalike.images.bands import Bands
from lookalike.images.rendering import decode_picture
from lookalike.images.shards import open_shard, shard_files
from lookalike.images.stretch import Stretch

# At once: Linux maps some 65,000 files for a process, and what is mapped counts as its memory
MAPPED_SHARDS = 1024
MAPPED_BYTES = 2**29


class ImageStore:
    """What the ingest stage wrote: metadata in memory, images in files that are read when asked.

    Open it once and pass it on: opening takes seconds where there are many shards.

    Args:
        folder: the folder of shards.
        stretch: how bands become pictures, as the model has it; None: each image by itself.

    Attributes:
        folder: the same.
        stretch: the same.
        bands: which bands of multispectral images are read; None: the images are 8-bit RGB.
        metadata: a table of everything but the images, a row an image, sorted by path.

    Raises:
        NotReadyError: there are no shards.
        DataError: one of them cannot be read, or is of another image store.
    """

    def __init__(self, folder: Path, stretch: Stretch | None = None) -> None:
        self.folder, self.stretch = folder, stretch
        self._files = shard_files(folder)
        tables = [_metadata(file) for file in self._files]
        self._ends = np.cumsum([len(table) for table in tables])
        self._images = lru_cache(_how_many_to_map(self._files))(self._map_images)
        try:
            self.metadata: pa.Table = pa.concat_tables(tables).combine_chunks()
            self.bands = Bands.from_metadata(self.metadata.schema.metadata)
        except ValueError as error:
            reason = one_line(error)
            raise DataError(f"{folder}: is not one image store ({reason}); ingest again") from None

    def __len__(self) -> int:
        return len(self.metadata)

    @cached_property
    def ids(self) -> list[str]:
        """The id of every image, in the order of the rows."""
        ids: list[str] = self.metadata["id"].to_pylist()
        return ids

    def encoded(self, row: int) -> bytes:
        """An image as it came, in whatever format."""
        shard = int(np.searchsorted(self._ends, row, side="right"))
        from_its_end = row - int(self._ends[shard])
        data: bytes = self._images(shard)[from_its_end].as_py()
        return data

    def encoded_slice(self, start: int, count: int) -> list[bytes]:
        """Up to `count` images as they came, from row `start` on."""
        return [self.encoded(row) for row in range(start, min(start + count, len(self)))]

    def picture(self, row: int) -> Image.Image:
        """An image as people see it: 8-bit RGB, whatever its bands."""
        return decode_picture(self.encoded(row), self.bands, None, stretch=self.stretch)

    def _map_images(self, shard: int) -> pa.ChunkedArray:
        return open_shard(self._files[shard])["image"]


def _how_many_to_map(files: list[Path]) -> int:
    """How many shards of average size are mapped at once."""
    average = sum(file.stat().st_size for file in files) / len(files)
    return max(1, min(MAPPED_SHARDS, round(MAPPED_BYTES / average)))


def _metadata(file: Path) -> pa.Table:
    """All columns of a shard but the images, copied, so that the file need not stay mapped."""
    table = open_shard(file).drop_columns(["image"])
    return table.take(np.arange(len(table)))


def open_images(folder: str | PathLike[str], stretch: Stretch | None = None) -> ImageStore:
    """Open an image store.

    Example:
        >>> images = open_images("data/images")
        >>> images.picture(0).show()

    Args:
        folder: the folder.
        stretch: how bands become pictures, as a model's description has it.

    Raises:
        NotReadyError: there is none; the ingest stage has to run first.
        DataError: it cannot be read.
    """
    return ImageStore(Path(folder), stretch)
