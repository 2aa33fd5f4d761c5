"""Read bands of a GeoTIFF in memory, whatever their number and their type."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lookalike.core.errors import LookalikeError
from lookalike.images.bands import Bands
from lookalike.images.decode import DEFAULT_MAX_PIXELS, UndecodableImageError

if TYPE_CHECKING:
    from rasterio import DatasetReader

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # TIFF and BigTIFF, in either byte order
BANDS_A_PIXEL = 3  # so many count as a pixel of an RGB image against the limit

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
        UndecodableImageError: empty, no TIFF, broken, too large, without one of the bands.
        LookalikeError: rasterio is not installed.
    """
    if not data:
        raise UndecodableImageError("empty file")
    if not data.startswith(MAGIC):
        raise UndecodableImageError("not a TIFF file")
    with _opened(data) as dataset:
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
    if max(numbers) > dataset.count:
        raise UndecodableImageError(f"{dataset.count} bands, but band {max(numbers)} is wanted")
    pixels = dataset.width * dataset.height * max(1, len(numbers) / BANDS_A_PIXEL)
    if max_pixels is not None and pixels > max_pixels:
        raise UndecodableImageError(
            f"{dataset.width} x {dataset.height} pixels of {len(numbers)} bands, more than "
            f"{max_pixels} allowed (three bands a pixel)"
        )
    if any("complex" in dataset.dtypes[number - 1] for number in numbers):
        raise UndecodableImageError("complex numbers are not supported")


@contextmanager
def _opened(data: bytes) -> Iterator["DatasetReader"]:
    rasterio = _import_rasterio()
    # Whatever else the bytes say, they are read as a TIFF and alone: other drivers follow links to
    # files and servers.
    alone = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO")
    with warnings.catch_warnings(), alone, rasterio.MemoryFile(data) as file:
        warnings.simplefilter("ignore")  # not every image says where on Earth it is
        try:
            dataset = file.open(driver="GTiff")
        except rasterio.errors.RasterioError:
            raise UndecodableImageError("broken image: its header cannot be read") from None
        with dataset:
            yield dataset


def _import_rasterio() -> ModuleType:
    try:
        import rasterio
    except ImportError:
        raise LookalikeError(
            "images of chosen bands (ingest.bands) need rasterio: pip install 'lookalike[stac]'"
        ) from None
    module: ModuleType = rasterio
    return module
