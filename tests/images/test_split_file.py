import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.images.shards import SCHEMA, write_shards
from lookalike.images.split_file import SplitImage, read_split, write_split
from lookalike.images.store import ImageStore

PATHS = ["cat/a.png", "cat/b.png", "dog/a.png", 'dog/ü, "b".png']


def image_id(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    numbers = {field.name: 1 for field in SCHEMA if pa.types.is_integer(field.type)}
    rows = (
        {
            "id": image_id(path),
            "path": path,
            "label": path[:3],
            "source": path,
            **numbers,
            "source_split": None,
            "image": path.encode(),
        }
        for path in PATHS
    )
    write_shards(rows, tmp_path / "images")
    return ImageStore(tmp_path / "images")


def test_a_split_is_read_in_its_own_order_with_the_rows_of_the_store(
    tmp_path: Path, images: ImageStore
) -> None:
    chosen = [(PATHS[3], "train"), (PATHS[0], "test"), (PATHS[2], "valid")]
    write_split(
        tmp_path / "split.csv", ((image_id(path), path, path[:3], side) for path, side in chosen)
    )
    assert read_split(tmp_path / "split.csv", images) == [
        SplitImage(3, PATHS[3], "dog", "train", image_id(PATHS[3])),
        SplitImage(0, PATHS[0], "cat", "test", image_id(PATHS[0])),
        SplitImage(2, PATHS[2], "dog", "valid", image_id(PATHS[2])),
    ]


def test_a_split_of_nothing_is_read_as_nothing(tmp_path: Path, images: ImageStore) -> None:
    write_split(tmp_path / "split.csv", [])
    assert read_split(tmp_path / "split.csv", images) == []


def test_a_missing_split_names_the_stage_to_run(tmp_path: Path, images: ImageStore) -> None:
    with pytest.raises(LookalikeError, match=r"split\.csv: missing; run the split stage first$"):
        read_split(tmp_path / "split.csv", images)


def test_an_image_that_the_store_does_not_have_is_named(tmp_path: Path, images: ImageStore) -> None:
    write_split(tmp_path / "split.csv", [("f00d", "cat/z.png", "cat", "train")])
    with pytest.raises(LookalikeError, match=r"split\.csv: names 'f00d', which .*split again$"):
        read_split(tmp_path / "split.csv", images)
