"""Links between copies of real photographs."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from lookalike.images.shards import open_shards, write_shards
from lookalike.images.store import ImageStore
from lookalike.near_duplicates.gray_images import read_thumbnails
from lookalike.near_duplicates.hash_pairs import Pairs
from lookalike.near_duplicates.links import compare, find_links
from lookalike.near_duplicates.params import NearDuplicates


def linked(images: ImageStore, **thresholds: float) -> set[tuple[str, ...]]:
    """The linked pairs, by path."""
    path = dict(zip(images.ids, images.metadata["path"].to_pylist(), strict=True))
    found = find_links(images, NearDuplicates(**thresholds), workers=1)
    return {tuple(sorted((path[link.one], path[link.other]))) for link in found}


def test_copies_are_linked_and_nothing_else_is(photo_images: ImageStore) -> None:
    paths = open_shards(photo_images.folder)["path"].to_pylist()
    temples = [path for path in paths if path.startswith("temple/")]
    flowers = ("flower/large.jpg", "flower/small.webp")
    assert linked(photo_images) == {*combinations(temples, 2), flowers}


def test_a_lower_threshold_links_fewer(photo_images: ImageStore) -> None:
    strict = linked(photo_images, max_pixel_difference=0.05)
    assert strict < linked(photo_images)
    assert ("temple/dark.jpg", "temple/large.jpg") in strict
    assert linked(photo_images, max_hash_distance=0) < linked(photo_images)


def test_rows_and_workers_in_any_order_give_the_same_links(
    photo_images: ImageStore, tmp_path: Path
) -> None:
    links = find_links(photo_images, NearDuplicates(), workers=1)
    assert links == sorted(links)
    write_shards(reversed(open_shards(photo_images.folder).to_pylist()), tmp_path / "images")
    assert find_links(ImageStore(tmp_path / "images"), NearDuplicates(), workers=3) == links


@pytest.mark.parametrize("swapped", [False, True])
def test_either_image_may_be_the_crop(photo_images: ImageStore, swapped: bool) -> None:
    paths = photo_images.metadata["path"].to_pylist()
    rows = [paths.index(name) for name in ("temple/large.jpg", "temple/cropped.png")]
    thumbnails = read_thumbnails(photo_images, rows[::-1] if swapped else rows, workers=1)
    pair = Pairs(np.array([0]), np.array([1]), np.array([False]))
    alike, difference = compare(thumbnails, pair, workers=1)
    assert len(alike.one) == 1
    assert difference[0] < 0.3


def test_a_store_without_like_images_has_no_links(photo_images: ImageStore, tmp_path: Path) -> None:
    rows = open_shards(photo_images.folder).to_pylist()
    write_shards([row for row in rows if row["label"] == "half"], tmp_path / "images")
    assert find_links(ImageStore(tmp_path / "images"), NearDuplicates(), workers=1) == []
