"""Read bands of a GeoTIFF in memory, whatever their number and their type."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lookalike.core.errors import LookalikeError
from lookalike.images.bands import Bands
from lookalike.images.camera_raw import camera_raw
from lookalike.images.decoder_settings import undisturbed
from lookalike.images.refusal import (
    DEFAULT_MAX_PIXELS,
    UndecodableImageError,
    check_not_raw,
)

if TYPE_CHECKING:
    from rasterio import DatasetReader

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # TIFF and BigTIFF, in either byte order
BANDS_A_PIXEL = 3  # so many count as a pixel of an RGB image against the limit
BLOCK_BYTES_A_PIXEL = 16

# GDAL's own messages, which rasterio logs, are dropped: they name places in memory, not the file.
logging.getLogger("rasterio").addHandler(logging.NullHandler())


class Raster(NamedTuple):
    """Bands of one image.

    Attributes:
        values: float32 `[bands, height, width]`, in the file's own units; 0 where missing.
        missing: bool, of the same shape: no finite number, or the file's nodata value.
        numbers: which bands of the file they are.
        file_bands: how many bands the file has.
    """

    values: np.ndarray
    missing: np.ndarray
    numbers: list[int]
    file_bands: int

    def select(self, numbers: list[int]) -> "Raster":
        """Some of the bands, in the order given."""
        rows = [self.numbers.index(number) for number in numbers]
        return Raster(self.values[rows], self.missing[rows], numbers, self.file_bands)


def read_geotiff(data: bytes, choose: Callable[[int], list[int]], max_pixels: int | None) -> Raster:
    """Read some bands of a GeoTIFF.

    Args:
        data: the encoded image; nothing outside of it is read.
        choose: from the number of bands that the file has to the numbers of those to read.
        max_pixels: refuse an image whose header announces more; three of the bands to read count as
            a pixel. None for images already accepted.

    Raises:
        UndecodableImageError: empty, no TIFF, camera raw, broken, too large, without one of the
            bands, or with its bands on pages of their own.
        LookalikeError: rasterio is not installed.
    """
    with opened_geotiff(data) as dataset:
        numbers = choose(dataset.count)
        _check(dataset, numbers, max_pixels)
        try:
            stored = dataset.read(numbers)
        except OSError:  # as which rasterio tells a failed read
            raise UndecodableImageError("broken image: its pixels cannot be read") from None
        with np.errstate(over="ignore"):
            values = stored.astype(np.float32)
        missing = ~np.isfinite(values)
        for band, number in enumerate(numbers):
            nodata = dataset.nodatavals[number - 1]
            if nodata is not None:
                missing[band] |= stored[band] == nodata
        values[missing] = 0
        return Raster(values, missing, numbers, dataset.count)


def decode_bands(
    data: bytes, bands: Bands, max_pixels: int | None = DEFAULT_MAX_PIXELS
) -> np.ndarray:
    """Decode the chosen bands: float32 `[bands, height, width]`, finite, in the file's own units.

    What is missing gets the mean of what is there in the same band of the same image, and 0 where
    all of it is missing.

    Raises:
        UndecodableImageError, LookalikeError: see `read_geotiff`.
    """
    raster = read_geotiff(data, bands.for_network, max_pixels)
    for band, gaps in zip(raster.values, raster.missing, strict=True):
        if gaps.any() and not gaps.all():
            band[gaps] = band[~gaps].mean(dtype=np.float64)
    return raster.values


def _check(dataset: "DatasetReader", numbers: list[int], max_pixels: int | None) -> None:
    if dataset.count == 1 and len(dataset.subdatasets) > 1:
        raise UndecodableImageError(
            f"{len(dataset.subdatasets)} pages of one band each, and bands are read from one page: "
            "join the pages, as by gdal_merge.py -separate"
        )
    if max(numbers) > dataset.count:
        raise UndecodableImageError(f"{dataset.count} bands, but band {max(numbers)} is wanted")
    pixels = dataset.width * dataset.height * max(1, len(numbers) / BANDS_A_PIXEL)
    if max_pixels is not None and pixels > max_pixels:
        raise UndecodableImageError(
            f"{dataset.width} x {dataset.height} pixels of {len(numbers)} bands, more than "
            f"{max_pixels} allowed (three bands a pixel)"
        )
    height, width = dataset.block_shapes[0]  # GDAL reads whole blocks, often of all bands
    in_a_block = dataset.count if dataset.interleaving.value == "PIXEL" else 1
    size = width * height * in_a_block * np.dtype(dataset.dtypes[0]).itemsize
    if max_pixels is not None and size > BLOCK_BYTES_A_PIXEL * max_pixels:
        raise UndecodableImageError(
            f"blocks of {width} x {height} pixels of {in_a_block} bands, too large where "
            f"{max_pixels} pixels are allowed"
        )
    if any("complex" in dataset.dtypes[number - 1] for number in numbers):
        raise UndecodableImageError("complex numbers are not supported")


@contextmanager
def opened_geotiff(data: bytes) -> Iterator["DatasetReader"]:
    """A GeoTIFF of which only the header is read.

    Raises:
        UndecodableImageError: empty, no TIFF, camera raw, or broken.
        LookalikeError: rasterio is not installed.
    """
    if not data:
        raise UndecodableImageError("empty file")
    if not data.startswith(MAGIC):
        raise UndecodableImageError("not a TIFF file")
    check_not_raw(camera_raw(data))
    rasterio = require_rasterio()
    # Whatever else the bytes say, they are read as a TIFF and alone: other drivers follow links to
    # files and servers.
    alone = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO")
    # Without warnings: not every image says where on Earth it is.
    with undisturbed(), alone, rasterio.MemoryFile(data) as file:
        try:
            dataset = file.open(driver="GTiff")
        except rasterio.errors.RasterioError:
            raise UndecodableImageError("broken image: its header cannot be read") from None
        with dataset:
            yield dataset


def require_rasterio() -> ModuleType:
    """The library that reads chosen bands.

    Raises:
        LookalikeError: it is not installed.
    """
    try:
        import rasterio
    except ImportError:
        raise LookalikeError(
            "images of chosen bands (ingest.bands) need rasterio: pip install 'lookalike[stac]'"
        ) from None
    module: ModuleType = rasterio
    return module
