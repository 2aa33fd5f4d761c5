"""A graph in int8: from training images, and the same bytes every time."""

from pathlib import Path

from lookalike.export.quantization import Quantization
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.model.preprocessing import ImageSize


def test_training_images_of_every_class_are_taken(
    tiny_images: ImageStore, tiny_split: Path
) -> None:
    split = read_split(tiny_split, tiny_images)
    training = {image.row: image.label for image in split if image.split == "train"}
    chosen = Quantization(tiny_images, split, 12).rows
    assert len(set(chosen)) == 12
    assert {training[row] for row in chosen} == set("012345")


def test_without_training_images_all_are_taken(tiny_images: ImageStore) -> None:
    assert Quantization(tiny_images, [], 500).rows == list(range(len(tiny_images)))


def test_the_same_images_give_the_same_bytes(
    int8_project: Path, tiny_images: ImageStore, tiny_split: Path, tmp_path: Path
) -> None:
    export = int8_project / "models/export"
    again = Quantization(tiny_images, read_split(tiny_split, tiny_images), 12)
    again.write(export / "model.onnx", ImageSize(resize=32, crop=32), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == (export / "model.int8.onnx").read_bytes()
