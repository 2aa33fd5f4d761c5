from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageFilter
from sklearn.datasets import load_sample_image

from lookalike.images.inspect import inspect
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.review.picture_quality import picture_findings

TEMPLE = Image.fromarray(load_sample_image("china.jpg"))
SPOILED = {
    "blank": Image.new("RGB", (300, 200), "#777"),
    "dark": ImageEnhance.Brightness(TEMPLE).enhance(0.1),
    "bright": Image.eval(TEMPLE, lambda value: 248 + value // 36),
    "blurred": TEMPLE.filter(ImageFilter.GaussianBlur(12)),
    "shape": TEMPLE.crop((0, 0, 640, 80)),
    "tiny": TEMPLE.resize((30, 20)),
}


@pytest.fixture(scope="module")
def found(
    encoded: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What is found of spoiled pictures and of three good ones, by their names."""
    flower = Image.fromarray(load_sample_image("flower.jpg"))
    good = {"a": TEMPLE, "b": flower, "c": flower.resize((320, 213))}
    rows = [
        {
            **inspect(data, 10**6)._asdict(),
            "path": name,
            "label": None,
            "source": name,
            "source_split": None,
            "image": data,
        }
        for name, picture in (good | SPOILED).items()
        for data in [encoded(picture, "JPEG", quality=90)]
    ]
    folder: Path = tmp_path_factory.mktemp("quality") / "images"
    write_shards(rows, folder)
    images = ImageStore(folder)
    names = images.metadata["path"].to_pylist()
    kinds: dict[str, list[str]] = {name: [] for name in names}
    for finding in picture_findings(images, 224, 2):
        kinds[names[finding.row]].append(finding.kind)
    return kinds


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_picture_is_found_for_what_it_is(name: str, found: dict[str, list[str]]) -> None:
    assert found[name] == [name]


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_a_good_picture_is_not_found(name: str, found: dict[str, list[str]]) -> None:
    assert found[name] == []
