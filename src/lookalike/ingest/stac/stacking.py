"""One image of several assets: many collections have a file a band, as Sentinel-2's have."""

from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
from rasterio import MemoryFile
from rasterio.errors import RasterioError

from lookalike.images.geotiff import opened_geotiff
from lookalike.images.refusal import UndecodableImageError
from lookalike.ingest.source import UnreadableError


def stacked(assets: Sequence[bytes], max_bytes: int) -> bytes:
    """A GeoTIFF with the bands of several, in their order; the place is that of the first.

    Args:
        assets: encoded GeoTIFFs of the same width and height.
        max_bytes: refuse bands that take more once decoded, before that is done.

    Raises:
        UnreadableError: they cannot be stacked.
    """
    try:
        with ExitStack() as open_files:
            files = [open_files.enter_context(opened_geotiff(data)) for data in assets]
            first = files[0]
            sizes = sorted({(file.width, file.height) for file in files})
            if len(sizes) > 1:
                named = " and ".join(f"{width} x {height}" for width, height in sizes)
                raise UnreadableError(
                    f"its assets have {named} pixels; only equal ones are stacked"
                )
            if len({str(file.nodata) for file in files}) > 1:
                raise UnreadableError("its assets mark missing pixels in different ways")
            count = sum(file.count for file in files)
            dtype = np.result_type(*(name for file in files for name in file.dtypes))
            if first.width * first.height * count * dtype.itemsize > max_bytes:
                raise UnreadableError(f"stacked, its bands take more than {max_bytes} bytes")
            bands = np.concatenate([file.read().astype(dtype) for file in files])
            profile = {
                "driver": "GTiff",
                "width": first.width,
                "height": first.height,
                "count": count,
                "dtype": dtype.name,
                "nodata": first.nodata,
                "crs": first.crs,
                "transform": first.transform,
                "compress": "deflate",
            }
            with MemoryFile() as memory:
                with memory.open(**profile) as image:
                    image.write(bands)
                return bytes(memory.getbuffer())
    except UndecodableImageError as error:
        raise UnreadableError(f"an asset of it: {error}") from None
    except (RasterioError, OSError, TypeError):
        raise UnreadableError("its assets cannot be read as GeoTIFFs") from None
