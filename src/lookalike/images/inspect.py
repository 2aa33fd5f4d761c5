"""What ingest records of an image beside its bytes."""

import hashlib
from typing import NamedTuple

import imagehash
import numpy as np
from PIL import Image

from lookalike.images.decode import channels_of, decode


class Inspection(NamedTuple):
    """Facts about one encoded image; width and height are those of the upright image."""

    id: str
    width: int
    height: int
    channels: int
    phash: int
    phash_mirrored: int


def inspect(data: bytes, max_pixels: int) -> Inspection:
    """Decode an image once, fully, and return what there is to know about it.

    `id` is the sha256 of the encoded bytes; `phash` the 64-bit perceptual hash (a discrete cosine
    transform of the 32 x 32 grey image, as `imagehash.phash` computes it), most significant bit
    first; `phash_mirrored` that of the mirror image.

    Raises:
        UndecodableImageError: see `decode`.
    """
    image = decode(data, max_pixels)
    grey = image.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    return Inspection(
        id=hashlib.sha256(data).hexdigest(),
        width=image.width,
        height=image.height,
        channels=channels_of(data),
        phash=_phash(grey),
        phash_mirrored=_phash(grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    )


def _phash(grey: Image.Image) -> int:
    """The perceptual hash of a 32 x 32 grey image; imagehash has nothing left to resize."""
    return int.from_bytes(np.packbits(imagehash.phash(grey).hash).tobytes(), "big")
