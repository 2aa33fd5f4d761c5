"""The split as a file: which labeled image is for training, validation or the test."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lookalike.core.csv_file import read_csv, write_csv
from lookalike.core.errors import LookalikeError
from lookalike.images.store import ImageStore

HEADER = ("id", "path", "label", "split")
SUBSETS = ("train", "valid", "test")


class SplitImage(NamedTuple):
    """An image of the split and its row in the image store."""

    row: int
    path: str
    label: str
    split: str
    id: str


def write_split(path: Path, rows: Iterable[tuple[str, str, str, str]]) -> None:
    """Write `(id, path, label, split)` rows, whole or not at all."""
    write_csv(path, HEADER, rows)


def read_split(path: Path, images: ImageStore) -> list[SplitImage]:
    """Read the split, in the order of its file, and find its images in the store.

    Raises:
        LookalikeError: the file is missing or no split, or names an image that the store does not
            have.
    """
    if not path.is_file():
        raise LookalikeError(f"{path}: missing; run the split stage first")
    entries = read_csv(path)
    if not entries:  # nothing is labeled
        return []
    row_of = {image_id: row for row, image_id in enumerate(images.ids)}
    if not entries[0].keys() >= set(HEADER):
        raise LookalikeError(f"{path}: lacks one of the columns {', '.join(HEADER)}; split again")
    try:
        return [
            SplitImage(
                row_of[entry["id"]], entry["path"], entry["label"], entry["split"], entry["id"]
            )
            for entry in entries
        ]
    except KeyError as error:
        raise LookalikeError(
            f"{path}: names {error.args[0]!r}, which {images.folder} does not have; split again"
        ) from None
