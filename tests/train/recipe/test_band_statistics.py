"""Mean and standard deviation of each band."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike.images.bands import Bands
from lookalike.images.inspect import inspect
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.model.description import SecondBackbone
from lookalike.train.network import describe
from lookalike.train.params import TrainParams
from lookalike.train.recipe.backbone_params import BackboneParams
from lookalike.train.recipe.band_statistics import mean_and_std, with_bands

Encode = Callable[..., bytes]
MakeStore = Callable[[list[np.ndarray]], ImageStore]

ALL = Bands(chosen="all")
PLAIN = describe(TrainParams(), "fp32", ["crop", "water"])


@pytest.fixture
def store(geotiff: Encode, tmp_path: Path) -> MakeStore:
    """An image store of arrays `[bands, height, width]`, in their order."""

    def write(arrays: list[np.ndarray]) -> ImageStore:
        rows = []
        for number, array in enumerate(arrays):
            data = geotiff(array)
            facts = inspect(data, 10**6, ALL)._asdict()
            facts["id"] = hashlib.sha256(data + bytes([number])).hexdigest()
            place = {"path": f"{number:03d}", "label": "a", "source": "a", "source_split": None}
            rows.append({**facts, **place, "image": data})
        write_shards(rows, tmp_path / "images", ALL)
        return ImageStore(tmp_path / "images")

    return write


def tiles(count: int = 20) -> list[np.ndarray]:
    """Tiles of different sizes; band n lies around 1000 n."""
    random = np.random.default_rng(0)
    levels = np.array([1000, 2000, 3000, 4000]).reshape(4, 1, 1)
    sizes = random.integers(3, 40, (count, 2))
    return [random.normal(levels, 50, (4, *size)).astype(np.float32) for size in sizes]


def pixels(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([a.reshape(len(a), -1) for a in arrays], axis=1).astype(np.float64)


def test_mean_and_deviation_are_those_of_all_pixels(store: MakeStore) -> None:
    arrays = tiles()
    mean, std = mean_and_std(store(arrays), range(20), workers=0)
    assert mean == pytest.approx(pixels(arrays).mean(axis=1), rel=1e-12)
    assert std == pytest.approx(pixels(arrays).std(axis=1), rel=1e-9)


def test_only_the_given_rows_count(store: MakeStore) -> None:
    arrays = tiles()
    mean, _ = mean_and_std(store(arrays), [3, 7], workers=0)
    assert mean == pytest.approx(pixels([arrays[3], arrays[7]]).mean(axis=1), rel=1e-12)


def test_the_number_of_workers_changes_no_bit(store: MakeStore) -> None:
    images = store(tiles())
    assert mean_and_std(images, range(20), 0) == mean_and_std(images, range(20), 2)


@pytest.mark.parametrize("value", [0.0, 0.1, 12345.678])
def test_a_band_of_one_value_has_a_deviation_of_1(store: MakeStore, value: float) -> None:
    arrays = [np.full((1, 31, 17), value, np.float32)] * 5
    mean, std = mean_and_std(store(arrays), range(5), workers=0)
    assert mean == pytest.approx([value])
    assert std == [1.0]


def test_a_model_of_bands_says_which_and_how_they_are_normalized(
    tile_images: Callable[[Bands], ImageStore],
) -> None:
    images = tile_images(Bands(chosen=(5, 1)))
    description = with_bands(PLAIN, images, range(20), workers=0)
    assert description.bands == Bands(chosen=(5, 1))
    assert description.channels == 2
    assert description.mean == pytest.approx([1650, 800], rel=0.05)


def test_a_second_backbone_sees_bands_normalized_as_the_first_does(
    tile_images: Callable[[Bands], ImageStore],
) -> None:
    params = TrainParams(second_backbone=BackboneParams(name="timm/tf_efficientnet_lite0"))
    plain = describe(params, "fp32", ["crop", "water"])
    assert plain.second_backbone is not None
    assert plain.second_backbone.mean == [0.5, 0.5, 0.5]
    description = with_bands(plain, tile_images(ALL), range(20), workers=0)
    assert description.second_backbone == SecondBackbone(name="timm/tf_efficientnet_lite0")


def test_without_rows_all_images_count(tile_images: Callable[[Bands], ImageStore]) -> None:
    images = tile_images(ALL)
    assert with_bands(PLAIN, images, None, 0) == with_bands(PLAIN, images, range(20), 0)


def test_a_model_of_rgb_images_stays_as_it_is(tiny_images: ImageStore) -> None:
    assert with_bands(PLAIN, tiny_images, None, workers=0) == PLAIN
