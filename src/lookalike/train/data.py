"""The training and validation images, with their classes as numbers."""

from typing import NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.images.split_file import SplitImage
from lookalike.images.store import ImageStore


class Side(NamedTuple):
    """Rows of the image store and their class numbers."""

    rows: list[int]
    targets: list[int]

    def share(self, rank: int, processes: int) -> "Side":
        """Every so-manieth image: what one of several processes looks at."""
        return Side(self.rows[rank::processes], self.targets[rank::processes])


class TrainingData(NamedTuple):
    """Class names, sorted, and the images of the two sides that training may see."""

    classes: list[str]
    train: Side
    valid: Side


def has_labels(images: ImageStore) -> bool:
    """Whether any image of the store has a label."""
    labels = images.metadata["label"]
    return bool(labels.null_count < len(labels))


def training_data(split: list[SplitImage]) -> TrainingData:
    """Sort the split's images into the two sides; the classes are those of the training images.

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
    number_of = {label: number for number, label in enumerate(classes)}

    def side(name: str) -> Side:
        images = [image for image in split if image.split == name]
        return Side([image.row for image in images], [number_of[image.label] for image in images])

    data = TrainingData(classes, side("train"), side("valid"))
    if not data.valid.rows:
        raise LookalikeError(
            "data/split.csv: has no validation images, which training chooses its best epoch by; "
            "with split.method: stratified three images in one class are enough"
        )
    return data
