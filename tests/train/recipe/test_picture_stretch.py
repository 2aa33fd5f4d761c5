"""One stretch for all pictures of a data set, from its training images."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike.images.bands import Bands
from lookalike.images.inspect import inspect
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.train.recipe.picture_stretch import stretch_of

MakeStore = Callable[..., ImageStore]
COLORS = Bands(chosen="all", rgb=(4, 3, 2))


@pytest.fixture
def store(tmp_path: Path) -> MakeStore:
    """An image store of encoded images, in their order."""

    def write(files: list[bytes], bands: Bands = COLORS) -> ImageStore:
        place = {"label": "a", "source": "a", "source_split": None}
        rows = [
            {
                **inspect(data, 10**6, bands)._asdict(),
                "id": hashlib.sha256(data + bytes([number])).hexdigest(),
                "path": f"{number:03d}",
                "image": data,
                **place,
            }
            for number, data in enumerate(files)
        ]
        write_shards(rows, tmp_path / "images", bands)
        return ImageStore(tmp_path / "images")

    return write


@pytest.fixture
def tile(geotiff: Callable[..., bytes]) -> Callable[..., bytes]:
    """A tile of four bands that rise from one value to another."""

    def encode(*ranges: tuple[float, float], **options: object) -> bytes:
        ramps = [np.linspace(low, high, 101, dtype=np.float32) for low, high in ranges]
        return geotiff(np.stack(ramps).reshape(-1, 1, 101), **options)

    return encode


def test_bands_of_one_unit_share_a_range(store: MakeStore, tile: Callable[..., bytes]) -> None:
    images = store([tile((0, 9000), (0, 100), (0, 100), (100, 200))])
    stretch = stretch_of(images, [0])
    assert stretch is not None
    assert sorted(stretch.ranges) == [2, 3, 4]
    assert len(set(stretch.ranges.values())) == 1
    low, high = stretch.ranges[2]
    assert 0 < low < 10
    assert 190 < high < 200


def test_bands_of_different_units_have_their_own(
    store: MakeStore, tile: Callable[..., bytes]
) -> None:
    images = store([tile((0, 1), (0, 100), (0, 100), (1000, 2000))])
    stretch = stretch_of(images, [0])
    assert stretch is not None
    assert stretch.ranges == {
        2: pytest.approx((2, 98)),
        3: pytest.approx((2, 98)),
        4: pytest.approx((1020, 1980)),
    }


def test_only_the_given_images_count_and_what_is_missing_does_not(
    store: MakeStore, tile: Callable[..., bytes]
) -> None:
    dark, bright = tile(*[(0, 100)] * 4, nodata=0), tile(*[(0, 10_000)] * 4)
    images = store([bright, dark, dark])
    ranges = {rows: stretch_of(images, list(rows)) for rows in ((1, 2), (0, 1, 2))}
    assert ranges[1, 2] is not None and ranges[0, 1, 2] is not None
    assert ranges[1, 2].ranges[4] == pytest.approx((2.98, 98.02))
    assert ranges[0, 1, 2].ranges[4][1] > 5000
    gaps = stretch_of(store([tile(*[(0, 0)] * 4, nodata=0)]), [0])
    assert gaps is None


def test_bands_that_people_see_in_place_of_those_that_the_network_lacks_are_measured_too(
    store: MakeStore, tile: Callable[..., bytes]
) -> None:
    images = store([tile(*[(0, 100)] * 4)], Bands(chosen=(1, 2), rgb=(4, 3, 2)))
    stretch = stretch_of(images, [0])
    assert stretch is not None
    assert sorted(stretch.ranges) == [1, 2, 3, 4]


def test_rgb_images_need_none(tiny_images: ImageStore) -> None:
    assert stretch_of(tiny_images, range(len(tiny_images))) is None


def test_still_water_is_blue_and_forest_is_no_brighter_than_a_field(
    store: MakeStore, sentinel_tiles: list[Path]
) -> None:
    tiles = [tile for first in sentinel_tiles for tile in sorted(first.parent.iterdir())]
    plain = store([tile.read_bytes() for tile in tiles])
    images = ImageStore(plain.folder, stretch_of(plain, range(len(plain))))
    colors = defaultdict(list)
    for row, tile in enumerate(tiles):
        colors[tile.parent.name].append(np.asarray(images.picture(row)).mean(axis=(0, 1)))
    mean = {label: np.mean(of_label, axis=0) for label, of_label in colors.items()}
    red, green, blue = mean["SeaLake"]
    assert blue > 1.3 * green > 1.3 * red
    assert mean["Forest"].mean() < 0.5 * mean["AnnualCrop"].mean()
