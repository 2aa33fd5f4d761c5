"""Images of the store as people see them."""

from pathlib import Path

from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.rendering import decode_picture
from lookalike.images.shards import open_shards


class Pictures:
    """Decodes rows of the image store into 8-bit RGB, whatever their bands.

    Args:
        folder: the image store.
    """

    def __init__(self, folder: Path) -> None:
        table = open_shards(folder)
        self._bands = Bands.from_metadata(table.schema.metadata)
        self._images = table["image"]

    def __getitem__(self, row: int) -> Image.Image:
        return decode_picture(self._images[row].as_py(), self._bands, max_pixels=None)
