"""The training and validation images, with their classes as numbers."""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from lookalike.core.errors import LookalikeError
from lookalike.images.split_file import SplitImage
from lookalike.images.store import ImageStore
from lookalike.model.training_images import ImageIds, shortened


class Subset(NamedTuple):
    """Rows of the image store and their class numbers."""

    rows: list[int]
    targets: list[int]

    def share(self, rank: int, processes: int) -> "Subset":
        """Every n-th image, from the one of this rank: the share of one of `n` processes."""
        return Subset(self.rows[rank::processes], self.targets[rank::processes])


class TrainingData(NamedTuple):
    """What a model learns from and is chosen by.

    Attributes:
        images: the image store.
        classes: their names, sorted.
        train: the images to learn from.
        valid: those that the best epoch is chosen by.
        held_out: ids of all images that no training may have seen, shortened: these and the test's.
    """

    images: ImageStore
    classes: list[str]
    train: Subset
    valid: Subset
    held_out: ImageIds

    @property
    def learned_from(self) -> ImageIds:
        """The ids of the training images, shortened."""
        return shortened(image_ids(self.images, self.train.rows))


def has_labels(images: ImageStore) -> bool:
    """Whether any image of the store has a label."""
    labels = images.metadata["label"]
    return bool(labels.null_count < len(labels))


def image_ids(images: ImageStore, rows: Sequence[int]) -> list[str]:
    """The ids of rows of the image store."""
    ids: list[str] = images.metadata["id"].take(pa.array(rows, pa.int64())).to_pylist()
    return ids


def held_out(images: ImageStore, split: list[SplitImage]) -> ImageIds:
    """The ids of the validation and test images, shortened."""
    return shortened(image_ids(images, [image.row for image in split if image.split != "train"]))


def training_classes(split: list[SplitImage]) -> list[str]:
    """The classes of the training images, sorted.

    Raises:
        LookalikeError: fewer than two classes, or no validation images.
    """
    classes = sorted({image.label for image in split if image.split == "train"})
    if len(classes) < 2:
        found = f"a single class, {classes[0]!r}" if classes else "no training images"
        raise LookalikeError(
            f"train.epochs: there is nothing to learn from {found}; set it to 0 to search by the "
            "backbone's own features"
        )
    if not any(image.split == "valid" for image in split):
        raise LookalikeError(
            "data/split.csv: has no validation images, which training chooses its best epoch by; "
            "with split.method: stratified three images in one class are enough"
        )
    return classes


def training_data(images: ImageStore, split: list[SplitImage]) -> TrainingData:
    """Sort the split's images into subsets; the classes are those of the training images.

    Raises:
        LookalikeError: see `training_classes`.
    """
    classes = training_classes(split)
    number_of = {label: number for number, label in enumerate(classes)}

    def subset(name: str) -> Subset:
        chosen = [image for image in split if image.split == name]
        return Subset([image.row for image in chosen], [number_of[image.label] for image in chosen])

    return TrainingData(images, classes, subset("train"), subset("valid"), held_out(images, split))
