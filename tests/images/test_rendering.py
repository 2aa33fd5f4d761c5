"""Pictures for people."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import decode
from lookalike.images.rendering import decode_picture, picture_of
from lookalike.images.stretch import Stretch

Encode = Callable[..., bytes]

GRAY = Bands(chosen="all", rgb=(1,))


def picture(data: bytes, bands: Bands | None) -> np.ndarray:
    image = decode_picture(data, bands)
    assert image.mode == "RGB"
    return np.asarray(image)


def test_an_ordinary_image_is_shown_as_it_is(digit_files: dict[str, bytes]) -> None:
    for data in digit_files.values():
        assert decode_picture(data, None) == decode(data)


def test_a_band_is_stretched_from_its_2nd_to_its_98th_percentile(geotiff: Encode) -> None:
    ramp = np.arange(101, dtype=np.uint16).reshape(1, 1, 101)
    found = picture(geotiff(ramp * 10), GRAY)[0, :, 0]
    assert (found[:3] == 0).all()
    assert (found[98:] == 255).all()
    assert found[50] == 128
    assert (np.diff(found[2:99].astype(int)) > 0).all()


def test_the_named_bands_are_red_green_and_blue(geotiff: Encode) -> None:
    bands = np.zeros((5, 1, 5), np.float32)
    bands[range(5), 0, range(5)] = 1  # band n shines at pixel n - 1
    found = picture(geotiff(bands), Bands(chosen="all", rgb=(4, 1, 5)))
    assert found.argmax(axis=1).tolist() == [[3, 0, 4]]


def test_people_may_see_a_band_that_the_network_does_not(geotiff: Encode) -> None:
    bands = np.stack([np.zeros((4, 4)), np.arange(16).reshape(4, 4)]).astype(np.uint8)
    assert picture(geotiff(bands), Bands(chosen=(1,), rgb=(2,))).max() == 255


def test_one_band_is_gray(geotiff: Encode) -> None:
    found = picture(geotiff(np.arange(12.0).reshape(1, 3, 4)), Bands(chosen="all"))
    assert (found == found[..., :1]).all()
    assert found.max() == 255


def test_what_is_missing_is_black_and_stretches_no_other(geotiff: Encode) -> None:
    values = np.linspace(100, 200, 100, dtype=np.float32).reshape(1, 10, 10)
    gaps = values.copy()
    gaps[0, 5] = -9999
    gaps[0, 6] = np.nan
    found, whole = (picture(geotiff(v, nodata=-9999), GRAY)[..., 0] for v in (gaps, values))
    assert (found[5:7] == 0).all()
    assert np.abs(found[:5].astype(int) - whole[:5]).max() <= 5


def test_what_the_network_takes_of_an_ordinary_image_is_shown_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5), np.uint8)
    assert (np.asarray(picture_of(pixels, None)) == pixels.transpose(1, 2, 0)).all()


def test_of_bands_that_the_network_takes_people_see_theirs(geotiff: Encode) -> None:
    bands = np.zeros((5, 1, 5), np.float32)
    bands[range(5), 0, range(5)] = 1
    taken = Bands(chosen=(5, 1, 4), rgb=(4, 1, 5))
    found = np.asarray(picture_of(bands[[4, 0, 3]], taken))
    assert (found == picture(geotiff(bands), taken)).all()


@pytest.mark.parametrize("rgb", [None, (4, 1, 2)])
def test_of_bands_of_which_people_see_others_the_first_are_shown(
    rgb: tuple[int, ...] | None,
) -> None:
    bands = np.zeros((4, 1, 5), np.float32)
    bands[range(4), 0, range(4)] = 1
    found = np.asarray(picture_of(bands, Bands(chosen=(2, 5, 3, 1), rgb=rgb)))
    assert found.argmax(axis=1).tolist() == [[0, 1, 2]]


def test_with_a_stretch_of_the_data_set_equal_values_are_equally_bright_in_all_images(
    geotiff: Encode,
) -> None:
    stretch = Stretch(ranges={1: (100, 355)})
    for values in ([0, 100, 150, 355, 900], [150] * 5, [150, 151, 149, 200, np.nan]):
        array = np.array(values, np.float32).reshape(1, 1, 5)
        found = np.asarray(decode_picture(geotiff(array), GRAY, stretch=stretch))[0, :, 0]
        there = np.nan_to_num(array[0, 0], nan=0)
        assert found.tolist() == (there - 100).clip(0, 255).tolist()
        taken = picture_of(np.nan_to_num(array), GRAY, stretch)
        assert (np.asarray(taken)[0, :, 0] == found).all()


def test_a_band_that_the_stretch_lacks_is_stretched_by_itself(geotiff: Encode) -> None:
    data = geotiff(np.arange(12.0).reshape(1, 3, 4))
    assert decode_picture(data, GRAY, stretch=Stretch(ranges={7: (0, 1)})) == decode_picture(
        data, GRAY
    )


@pytest.mark.parametrize("value", [0, 700, np.nan])
def test_a_band_of_one_value_is_black(geotiff: Encode, value: float) -> None:
    assert (picture(geotiff(np.full((1, 4, 4), value, np.float32)), GRAY) == 0).all()


def test_still_water_does_not_become_noise(geotiff: Encode) -> None:
    water = 500 + np.random.default_rng(0).integers(-5, 6, (1, 64, 64))
    assert picture(geotiff(water.astype(np.uint16)), GRAY).max() < 40


def test_a_sentinel_tile_looks_like_its_published_thumbnail(sentinel_tiles: list[Path]) -> None:
    for path in sentinel_tiles:
        thumbnail = path.parents[2] / "png" / path.parent.name / f"{path.stem}.png"
        published = np.asarray(Image.open(thumbnail).convert("L"), dtype=float).ravel()
        if published.std() < 10:  # water and closed forest show nothing to compare
            continue
        found = decode_picture(path.read_bytes(), Bands(chosen="all", rgb=(4, 3, 2)))
        gray = np.asarray(found.convert("L"), dtype=float).ravel()
        assert np.corrcoef(gray, published)[0, 1] > 0.9, path
