"""Bands of GeoTIFFs."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import UndecodableImageError
from lookalike.images.geotiff import decode_bands, read_geotiff

Encode = Callable[..., bytes]

ALL = Bands(chosen="all")
RAMP = np.arange(6 * 5 * 7).reshape(6, 5, 7)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "uint32", "float32", "float64"])
def test_values_come_back_as_float32_in_their_own_units(geotiff: Encode, dtype: str) -> None:
    found = decode_bands(geotiff(RAMP.astype(dtype)), ALL)
    assert (found.dtype, found.shape) == (np.float32, RAMP.shape)
    assert (found == RAMP).all()


@given(st.permutations(range(1, 7)), st.integers(1, 6))
def test_bands_come_in_the_order_in_which_they_were_chosen(
    geotiff: Encode, order: list[int], many: int
) -> None:
    chosen = order[:many]
    found = decode_bands(geotiff(RAMP.astype(np.uint16)), Bands(chosen=tuple(chosen)))
    assert (found == RAMP[[number - 1 for number in chosen]]).all()


@pytest.mark.parametrize("options", [{"compress": "deflate"}, {"interleave": "band"}])
def test_the_layout_of_the_file_does_not_matter(geotiff: Encode, options: dict[str, str]) -> None:
    assert (decode_bands(geotiff(RAMP.astype(np.uint16), **options), ALL) == RAMP).all()


def test_a_fourth_band_of_bytes_is_a_band_and_no_transparency(geotiff: Encode) -> None:
    four = np.full((4, 2, 2), 9, np.uint8)
    four[3] = 0
    assert (decode_bands(geotiff(four, photometric="RGB", alpha="YES"), ALL) == four).all()


def test_sentinel_tiles_have_13_bands_with_the_values_that_rasterio_reads(
    sentinel_tiles: list[Path],
) -> None:
    for path in sentinel_tiles:
        with rasterio.open(path) as dataset:
            expected = dataset.read()
        found = decode_bands(path.read_bytes(), ALL)
        assert found.shape == (13, 64, 64)
        assert (found == expected).all()


# --- what is missing -------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [np.nan, np.inf, -np.inf, -9999])
def test_what_is_missing_gets_the_mean_of_the_rest_of_its_band(geotiff: Encode, gap: float) -> None:
    values = np.array([[[1, gap, 3]], [[7, 8, 9]]], dtype=np.float32)
    found = decode_bands(geotiff(values, nodata=-9999), ALL)
    assert found.tolist() == [[[1, 2, 3]], [[7, 8, 9]]]


def test_a_number_too_large_for_float32_is_missing(geotiff: Encode) -> None:
    found = decode_bands(geotiff(np.array([[[1e300, 4.0]]])), ALL)
    assert found.tolist() == [[[4, 4]]]


def test_integers_are_missing_where_they_are_the_nodata_value(geotiff: Encode) -> None:
    values = np.array([[[0, 10, 30]]], dtype=np.uint16)
    assert decode_bands(geotiff(values, nodata=0), ALL).tolist() == [[[20, 10, 30]]]
    assert decode_bands(geotiff(values), ALL).tolist() == values.tolist()


def test_a_band_that_is_missing_altogether_is_zero(geotiff: Encode) -> None:
    values = np.array([[[np.nan, np.nan]], [[1, 2]]], dtype=np.float32)
    assert decode_bands(geotiff(values), ALL).tolist() == [[[0, 0]], [[1, 2]]]


def test_a_raster_says_what_is_missing(geotiff: Encode) -> None:
    values = np.array([[[5, 1]], [[5, 5]]], dtype=np.uint8)
    raster = read_geotiff(geotiff(values, nodata=5), ALL.for_network, None)
    assert raster.missing.tolist() == [[[True, False]], [[True, True]]]
    assert raster.select([2]).missing.tolist() == [[[True, True]]]
    assert raster.file_bands == 2


# --- what is refused -------------------------------------------------------------------------


def refusal(data: bytes, bands: Bands = ALL, max_pixels: int = 10**6) -> str:
    with pytest.raises(UndecodableImageError) as caught:
        decode_bands(data, bands, max_pixels)
    return str(caught.value)


def test_too_few_bands_are_refused(geotiff: Encode) -> None:
    six = geotiff(RAMP.astype(np.uint16))
    assert refusal(six, Bands(chosen=(2, 9))) == "6 bands, but band 9 is wanted"


VRT = b'<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand band="1"/></VRTDataset>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"a shopping list", "not a TIFF file"),
        (VRT, "not a TIFF file"),
        (b"II*\0", "broken image: its header cannot be read"),
        (b"MM\0*" + bytes(100), "broken image: its header cannot be read"),
    ],
)
def test_what_is_no_tiff_is_refused(data: bytes, reason: str) -> None:
    assert refusal(data) == reason


def test_images_of_other_formats_are_refused(encoded: Encode) -> None:
    assert refusal(encoded(Image.new("RGB", (8, 8)))) == "not a TIFF file"


def test_a_truncated_file_is_refused_for_the_same_reason_every_time(geotiff: Encode) -> None:
    data = geotiff(np.ones((13, 64, 64), np.uint16))
    for length, part in ((len(data) // 2, "pixels"), (100, "header")):
        reasons = {refusal(data[:length]) for _ in range(3)}
        assert reasons == {f"broken image: its {part} cannot be read"}


def test_complex_numbers_are_refused(geotiff: Encode) -> None:
    assert "complex" in refusal(geotiff(np.ones((1, 4, 4), np.complex64)))


def test_three_bands_count_as_a_pixel_against_the_limit(geotiff: Encode) -> None:
    data = geotiff(np.ones((6, 10, 10), np.uint16))
    wanted = "10 x 10 pixels of 6 bands, more than 199 allowed (three bands a pixel)"
    assert refusal(data, max_pixels=199) == wanted
    assert decode_bands(data, ALL, max_pixels=200).shape == (6, 10, 10)
    assert decode_bands(data, Bands(chosen=(1,)), max_pixels=100).shape == (1, 10, 10)


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
def test_a_header_that_promises_too_much_is_refused_before_its_pixels_are_read() -> None:
    with rasterio.MemoryFile() as file:
        size = {"count": 2, "width": 60_000, "height": 60_000, "dtype": "float64"}
        with file.open(driver="GTiff", sparse_ok=True, tiled=True, **size):
            pass
        data = bytes(file.read())
    assert len(data) < 10**6
    assert refusal(data).startswith("60000 x 60000 pixels of 2 bands, more than")


def test_bands_on_pages_of_their_own_are_refused(encoded: Encode) -> None:
    first, *others = (Image.new("L", (8, 8), level) for level in (1, 2, 3))
    data = encoded(first, "TIFF", save_all=True, append_images=others)
    assert refusal(data).startswith("3 pages of one band each, and bands are read from one page")


def test_the_first_page_of_colors_is_read(encoded: Encode) -> None:
    first, second = (Image.new("RGB", (8, 8), color) for color in ((1, 2, 3), (4, 5, 6)))
    data = encoded(first, "TIFF", save_all=True, append_images=[second])
    assert decode_bands(data, ALL)[:, 0, 0].tolist() == [1, 2, 3]


def test_blocks_that_are_larger_than_the_image_are_refused(geotiff: Encode) -> None:
    tiles = {"tiled": True, "blockxsize": 2048, "blockysize": 2048, "compress": "deflate"}
    data = geotiff(np.zeros((8, 16, 16), np.uint16), **tiles)
    wanted = "blocks of 2048 x 2048 pixels of 8 bands, too large where 1000 pixels are allowed"
    assert refusal(data, max_pixels=1000) == wanted
    assert decode_bands(data, ALL).shape == (8, 16, 16)


@given(st.data())
def test_a_damaged_file_is_decoded_or_refused_but_never_fails_otherwise(
    geotiff: Encode, data: st.DataObject
) -> None:
    damaged = bytearray(geotiff(RAMP.astype(np.uint16)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        assert np.isfinite(decode_bands(bytes(damaged), ALL, max_pixels=10_000)).all()
    except UndecodableImageError as error:
        assert str(error)


def test_gdal_says_nothing_on_the_terminal(geotiff: Encode, tmp_path: Path) -> None:
    data = geotiff(np.ones((3, 64, 64), np.uint16), compress="lzw")
    (tmp_path / "pixels.tif").write_bytes(data[:-1])
    (tmp_path / "header.tif").write_bytes(data[:60])
    code = """
import sys
from pathlib import Path
from lookalike.images.bands import Bands
from lookalike.images.decode import UndecodableImageError
from lookalike.images.geotiff import decode_bands
for path in sys.argv[1:]:
    try:
        decode_bands(Path(path).read_bytes(), Bands(chosen="all"))
    except UndecodableImageError:
        print("refused")
"""
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        [sys.executable, "-c", code, *files], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("refused\nrefused\n", "")


def test_without_rasterio_one_line_says_what_to_install(
    geotiff: Encode,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: Callable[..., AbstractContextManager[None]],
) -> None:
    data = geotiff(RAMP.astype(np.uint16))
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with one_line_error("ingest.bands", "pip install 'lookalike[stac]'"):
        decode_bands(data, ALL)
