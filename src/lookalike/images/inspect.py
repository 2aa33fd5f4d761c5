"""What ingest records of an image beside its bytes."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lookalike.images.bands import Bands
from lookalike.images.decode import channels_of, decode_gray, opened
from lookalike.images.exif import ExifFact, exif_block, exif_columns
from lookalike.images.geotiff import read_geotiff
from lookalike.images.phash import AT_LEAST, phash
from lookalike.images.rendering import render


class Inspection(NamedTuple):
    """Facts about one encoded image; width and height are those of the upright image."""

    id: str
    width: int
    height: int
    channels: int
    phash: int
    phash_mirrored: int
    phash_flipped: int
    phash_rotated: int
    phash_unframed: int
    exif: Mapping[str, Any]


def inspect(
    data: bytes, max_pixels: int, bands: Bands | None = None, exif: Sequence[ExifFact] = ()
) -> Inspection:
    """Decode an image once, fully, and return what there is to know about it.

    `id` is the sha256 of the encoded bytes; for the perceptual hashes see `phash`. Where bands are
    chosen, `channels` counts all bands of the file, and the hashes are those of the picture for
    people; what the network needs is decoded too. `exif` says which facts of EXIF are wanted.

    Raises:
        UndecodableImageError: see `decode` and `read_geotiff`.
    """
    if bands is None:
        with opened(data, max_pixels) as image:
            channels = channels_of(image)
            block = data if image.format == "TIFF" else exif_block(image)
            gray, size = decode_gray(image, AT_LEAST)
    else:
        raster = read_geotiff(
            data,
            lambda count: sorted({*bands.for_network(count), *bands.for_people(count)}),
            max_pixels,
        )
        picture = render(raster.select(bands.for_people(raster.file_bands)))
        size, channels, gray, block = picture.size, raster.file_bands, picture.convert("L"), data
    facts = exif_columns(block, exif) if exif else {}
    return Inspection(hashlib.sha256(data).hexdigest(), *size, channels, *phash(gray), facts)
