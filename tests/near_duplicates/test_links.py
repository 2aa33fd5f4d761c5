"""Links between copies of real photographs."""

from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps
from sklearn.datasets import load_sample_image
from tests.images.whole_table import open_shards

from lookalike.images.inspect import inspect
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.near_duplicates.candidates import Pairs
from lookalike.near_duplicates.links import compare, find_links
from lookalike.near_duplicates.orientations import UPRIGHT
from lookalike.near_duplicates.params import NearDuplicates
from lookalike.near_duplicates.thumbnails import read_thumbnails


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
    pair = Pairs(np.array([0]), np.array([1]), np.array([UPRIGHT]))
    alike, difference = compare(thumbnails, pair, workers=1)
    assert len(alike.one) == 1
    assert difference[0] < 0.3


def test_a_store_without_like_images_has_no_links(photo_images: ImageStore, tmp_path: Path) -> None:
    rows = open_shards(photo_images.folder).to_pylist()
    write_shards([row for row in rows if row["label"] == "half"], tmp_path / "images")
    assert find_links(ImageStore(tmp_path / "images"), NearDuplicates(), workers=1) == []


def test_candidates_none_of_which_are_alike_have_no_links(
    encoded: Callable[..., bytes], tmp_path: Path
) -> None:
    red, blue = (Image.new("RGB", (64, 48), color) for color in ((200, 30, 30), (30, 30, 200)))
    images = store(tmp_path, {"red.png": encoded(red), "blue.png": encoded(blue)})
    assert find_links(images, NearDuplicates(), workers=1) == []


TEMPLE, FLOWER = (Image.fromarray(load_sample_image(f"{name}.jpg")) for name in ("china", "flower"))


def captioned(picture: Image.Image, over: bool) -> Image.Image:
    strip = 0 if over else 60
    found = Image.new("RGB", (picture.width, picture.height + strip), "white")
    found.paste(picture)
    ImageDraw.Draw(found).text(
        (picture.width / 2, found.height - 30),
        "What the picture shows",
        fill="black",
        font=ImageFont.load_default(size=30),
        anchor="mm",
    )
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.rotate(90, expand=True),
        lambda picture: picture.rotate(180),
        lambda picture: picture.rotate(270, expand=True).resize((200, 300)),
        ImageOps.flip,
        lambda picture: ImageOps.flip(picture.transpose(Image.Transpose.TRANSPOSE)),
        lambda picture: ImageOps.expand(picture, 20, "white"),
        lambda picture: ImageOps.expand(picture, 60, "black"),
        lambda picture: ImageOps.pad(picture, (640, 640)),
        lambda picture: ImageOps.pad(picture, (1000, 427)).resize((500, 214)),
        lambda picture: captioned(picture, over=False),
        lambda picture: captioned(picture, over=True),
    ],
)
@pytest.mark.parametrize("original", [TEMPLE, FLOWER])
def test_turned_framed_and_captioned_copies_are_linked(
    encoded: Callable[..., bytes],
    tmp_path: Path,
    original: Image.Image,
    change: Callable[[Image.Image], Image.Image],
) -> None:
    other = FLOWER if original is TEMPLE else TEMPLE
    pictures = {"original.jpg": original, "copy.jpg": change(original), "other.jpg": other}
    images = {name: encoded(picture, "JPEG", quality=85) for name, picture in pictures.items()}
    assert linked(store(tmp_path, images)) == {("copy.jpg", "original.jpg")}


def test_all_photos_of_a_burst_are_linked(encoded: Callable[..., bytes], tmp_path: Path) -> None:
    moved = ((0, 0, 1.0), (5, 3, 1.1), (9, 2, 0.9), (4, 8, 1.2), (12, 6, 0.8))
    images = {"other.jpg": encoded(FLOWER, "JPEG")}
    for number, (right, down, exposure) in enumerate(moved):
        window = TEMPLE.crop((right, down, right + 620, down + 413))
        photo = ImageEnhance.Brightness(window).enhance(exposure)
        images[f"burst-{number}.jpg"] = encoded(photo, "JPEG", quality=90)
    burst = sorted(images.keys() - {"other.jpg"})
    assert linked(store(tmp_path, images)) == set(combinations(burst, 2))


def test_frames_of_a_slow_pan_are_linked_one_to_the_next(
    encoded: Callable[..., bytes], tmp_path: Path
) -> None:
    frames = (TEMPLE.crop((right, 0, right + 400, 400)) for right in range(0, 128, 16))
    images = {f"{n}.jpg": encoded(frame, "JPEG", quality=90) for n, frame in enumerate(frames)}
    assert linked(store(tmp_path, images)) >= set(pairwise(sorted(images)))


def store(folder: Path, images: dict[str, bytes]) -> ImageStore:
    """An image store of some encoded images, by path."""
    rows = (
        {
            **inspect(data, 10**7)._asdict(),
            "path": path,
            "label": None,
            "source": path,
            "source_split": None,
            "image": data,
        }
        for path, data in sorted(images.items())
    )
    write_shards(rows, folder / "images")
    return ImageStore(folder / "images")
