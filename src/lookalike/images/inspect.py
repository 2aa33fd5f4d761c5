"""What ingest records of an image beside its bytes."""

import hashlib
from typing import NamedTuple

import imagehash
import numpy as np
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import channels_of, decode
from lookalike.images.geotiff import read_geotiff
from lookalike.images.picture import stretch


class Inspection(NamedTuple):
    """Facts about one encoded image; width and height are those of the upright image."""

    id: str
    width: int
    height: int
    channels: int
    phash: int
    phash_mirrored: int


def inspect(data: bytes, max_pixels: int, bands: Bands | None = None) -> Inspection:
    """Decode an image once, fully, and return what there is to know about it.

    `id` is the sha256 of the encoded bytes; `phash` the 64-bit perceptual hash (a discrete cosine
    transform of the 32 x 32 grey image, as `imagehash.phash` computes it), most significant bit
    first; `phash_mirrored` that of the mirror image. Where bands are chosen, `channels` counts all
    bands of the file, and the hashes are those of the picture for people.

    Raises:
        UndecodableImageError: see `decode` and `read_geotiff`.
    """
    if bands is None:
        image, channels = decode(data, max_pixels), channels_of(data)
    else:
        image, channels = _decode_every_band(data, max_pixels, bands)
    grey = image.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    return Inspection(
        id=hashlib.sha256(data).hexdigest(),
        width=image.width,
        height=image.height,
        channels=channels,
        phash=_phash(grey),
        phash_mirrored=_phash(grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    )


def _decode_every_band(data: bytes, max_pixels: int, bands: Bands) -> tuple[Image.Image, int]:
    """The picture for people and the number of bands; what the network needs is decoded too."""
    raster = read_geotiff(
        data,
        lambda count: sorted({*bands.for_network(count), *bands.for_people(count)}),
        max_pixels,
    )
    return stretch(raster.select(bands.for_people(raster.file_bands))), raster.file_bands


def _phash(grey: Image.Image) -> int:
    """The perceptual hash of a 32 x 32 grey image; imagehash has nothing left to resize."""
    return int.from_bytes(np.packbits(imagehash.phash(grey).hash).tobytes(), "big")
