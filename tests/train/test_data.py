"""The training and validation images, with their classes as numbers."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from lookalike.images.inspect import inspect
from lookalike.images.shards import write_shards
from lookalike.images.split_file import SplitImage, read_split
from lookalike.images.store import ImageStore
from lookalike.train.data import Subset, has_labels, training_data

OneLineError = Callable[..., AbstractContextManager[None]]

CAT = SplitImage(4, "cat/1.png", "cat", "train", "id4")
ANT = SplitImage(0, "ant/1.png", "ant", "train", "id0")
OTHER_CAT = SplitImage(5, "cat/2.png", "cat", "valid", "id5")
TESTED_CAT = SplitImage(6, "cat/3.png", "cat", "test", "id6")


def test_classes_are_sorted_and_numbered(tiny_images: ImageStore) -> None:
    data = training_data(tiny_images, [CAT, ANT, OTHER_CAT, TESTED_CAT])
    assert data.classes == ["ant", "cat"]
    assert data.train == Subset(rows=[4, 0], targets=[1, 0])
    assert data.valid == Subset(rows=[5], targets=[1])


def test_test_images_are_never_seen(tiny_split: Path, tiny_images: ImageStore) -> None:
    split = read_split(tiny_split, tiny_images)
    data = training_data(tiny_images, split)
    tested = {image.row for image in split if image.split == "test"}
    assert tested
    assert not tested & {*data.train.rows, *data.valid.rows}


@pytest.mark.parametrize("labels", [[None, None], [None, "cat"]])
def test_a_store_has_labels_where_one_of_its_images_has(
    tmp_path: Path, encoded: Callable[..., bytes], labels: list[str | None]
) -> None:
    data = encoded(np.zeros((32, 32, 3), np.uint8))
    look = inspect(data, 10**6)._asdict()
    rows = [
        {**look, "path": "1", "label": x, "source": "1", "source_split": None, "image": data}
        for x in labels
    ]
    write_shards(rows, tmp_path / "images")
    assert has_labels(ImageStore(tmp_path / "images")) == any(labels)


def test_without_training_images_epochs_should_be_zero(
    tiny_images: ImageStore, one_line_error: OneLineError
) -> None:
    with one_line_error("train.epochs", "no training images", "set it to 0"):
        training_data(tiny_images, [])


def test_with_a_single_class_epochs_should_be_zero(
    tiny_images: ImageStore, one_line_error: OneLineError
) -> None:
    with one_line_error("train.epochs", "a single class, 'cat'", "set it to 0"):
        training_data(tiny_images, [CAT, OTHER_CAT])


def test_without_validation_images_the_line_says_what_is_enough(
    tiny_images: ImageStore,
    one_line_error: OneLineError,
) -> None:
    with one_line_error("no validation images", "three images in one class are enough"):
        training_data(tiny_images, [CAT, ANT, TESTED_CAT])
