from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from tests.images.tiffs import with_short

from lookalike.images.decode import decode
from lookalike.images.tiff_directory import ORIENTATION

Encode = Callable[..., bytes]
GeoTiff = Callable[..., bytes]

LEVELS = np.arange(0, 256, 5, dtype=np.uint16).reshape(4, 13)


def gray(data: bytes) -> np.ndarray:
    pixels = np.asarray(decode(data))
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0].astype(int)


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.abs(found - expected.astype(int)).max() <= 1)


@pytest.mark.parametrize("compress", ["none", "lzw", "deflate"])
@pytest.mark.parametrize("bits", range(9, 17))
def test_the_depth_that_a_tiff_declares_is_its_white(
    geotiff: GeoTiff, bits: int, compress: str
) -> None:
    deep = (LEVELS.astype(float) * (2**bits - 1) / 255).round().astype(np.uint16)
    data = geotiff(deep[None], nbits=bits, compress=compress)
    assert close(gray(data), LEVELS)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_where_white_is_zero_the_gray_is_reversed(geotiff: GeoTiff, bits: int) -> None:
    stored = (255 - LEVELS.astype(float)) * (2**bits - 1) / 255
    stored = stored.round().astype(np.uint8 if bits == 8 else np.uint16)
    data = geotiff(stored[None], photometric="MINISWHITE", nbits=bits)
    assert close(gray(data), LEVELS)


@pytest.mark.parametrize("maximum", [255, 1023, 4095, 65535])
def test_the_maximum_of_a_pgm_is_its_white(maximum: int) -> None:
    stored = (LEVELS.astype(float) * maximum / 255).round()
    raw = stored.astype(">u2" if maximum > 255 else "u1").tobytes()
    assert close(gray(b"P5\n13 4\n%d\n" % maximum + raw), LEVELS)


@pytest.mark.parametrize(
    ("kind", "nodata"),
    [("float32", -9999), ("int16", -9999), ("int32", -1), ("uint16", 65535), ("float32", 1e30)],
)
def test_missing_data_look_as_nan_does(geotiff: GeoTiff, kind: str, nodata: float) -> None:
    holes = LEVELS < 40
    numbers = np.where(holes, nodata, LEVELS.astype(np.float64) * 10).astype(kind)
    as_nan = np.where(holes, np.nan, numbers.astype(np.float64)).astype(np.float32)
    found = gray(geotiff(numbers[None], nodata=nodata))
    assert (found[holes] == found[~holes].min()).all()
    if kind != "uint16":  # 16 bits are not stretched
        assert close(found, gray(geotiff(as_nan[None])))


def test_missing_bytes_are_as_dark_as_the_darkest(geotiff: GeoTiff) -> None:
    stored = np.where(LEVELS < 40, 255, LEVELS).astype(np.uint8)
    found = gray(geotiff(stored[None], nodata=255))
    assert (found[LEVELS < 40] == 40).all()
    shown = (LEVELS >= 40) & (LEVELS < 255)
    assert close(found[shown], LEVELS[shown])


def test_an_image_of_missing_data_alone_is_black(geotiff: GeoTiff) -> None:
    assert (gray(geotiff(np.full((1, 4, 4), -1, np.float32), nodata=-1)) == 0).all()


def test_signed_bytes_are_in_their_order(geotiff: GeoTiff) -> None:
    stored = (LEVELS.astype(int) - 128).astype(np.int8)
    assert close(gray(geotiff(stored[None])), LEVELS)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_a_deep_sideways_tiff_is_upright(geotiff: GeoTiff, bits: int) -> None:
    data = geotiff((LEVELS << (bits - 8))[None], nbits=bits)
    assert close(gray(with_short(data, ORIENTATION, 6)), np.rot90(gray(data), -1))


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_deep_colors_are_scaled_by_their_depth(
    geotiff: GeoTiff, bits: int, interleave: str
) -> None:
    colors = np.stack([LEVELS, LEVELS[::-1], LEVELS[:, ::-1]])
    deep = (colors.astype(float) * (2**bits - 1) / 255).round().astype(np.uint16)
    data = geotiff(deep, nbits=bits, interleave=interleave, photometric="RGB")
    assert close(np.asarray(decode(data)), colors.transpose(1, 2, 0))


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("options", [{"tiled": True, "blockxsize": 16, "blockysize": 16}, {}])
@pytest.mark.parametrize("endianness", ["LITTLE", "BIG"])
def test_planes_of_16_bits_keep_both_bytes(
    geotiff: GeoTiff, endianness: str, options: dict[str, object], alpha: bool
) -> None:
    colors = np.random.default_rng(0).integers(0, 2**16, (3, 20, 40)).astype(np.uint16)
    bands = np.concatenate([colors, np.full((1, 20, 40), 65535, np.uint16)]) if alpha else colors
    how = {"interleave": "band", "photometric": "RGB", "alpha": "YES", "endianness": endianness}
    data = geotiff(bands, **how, **options)
    assert close(np.asarray(decode(data)), (colors >> 8).transpose(1, 2, 0))


def test_without_rasterio_a_deep_tiff_says_what_to_install(
    geotiff: GeoTiff, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from lookalike.images.decode import UndecodableImageError

    data = geotiff((LEVELS * 4)[None], nbits=10)
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(UndecodableImageError, match=r"^a TIFF of 10 bits, .*'lookalike\[stac\]'$"):
        decode(data)


def test_16_bits_of_png_are_not_stretched(encoded: Encode) -> None:
    thermal = Image.fromarray((29_000 + LEVELS * 8).astype(np.uint16))
    assert close(gray(encoded(thermal)), (29_000 + LEVELS * 8) / 257)
