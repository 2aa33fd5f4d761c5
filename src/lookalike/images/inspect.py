"""What ingest records of an image beside its bytes."""

import hashlib
from typing import NamedTuple

import imagehash
import numpy as np

from lookalike.images.decode import channels_of, decode


class Inspection(NamedTuple):
    """Facts about one encoded image; width and height are those of the upright image."""

    id: str
    width: int
    height: int
    channels: int
    phash: int


def inspect(data: bytes, max_pixels: int) -> Inspection:
    """Decode an image once, fully, and return what there is to know about it.

    `id` is the sha256 of the encoded bytes; `phash` the 64-bit perceptual hash (a discrete cosine
    transform of the 32 x 32 grey image, as `imagehash.phash` computes it), most significant bit
    first.

    Raises:
        UndecodableImageError: see `decode`.
    """
    image = decode(data, max_pixels)
    return Inspection(
        id=hashlib.sha256(data).hexdigest(),
        width=image.width,
        height=image.height,
        channels=channels_of(data),
        phash=int.from_bytes(np.packbits(imagehash.phash(image).hash).tobytes(), "big"),
    )
