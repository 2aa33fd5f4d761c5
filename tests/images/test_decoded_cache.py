"""Images decoded and resized once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.dataset import ImageDataset
from lookalike.images.decoded_cache import KEPT, decode_once
from lookalike.images.pixels import Pixels
from lookalike.images.store import ImageStore
from lookalike.model.preprocessing import ImageSize
from lookalike.model.transforms import evaluation_transform, whole_image

OneLineError = Callable[..., AbstractContextManager[None]]

SIZE = ImageSize(resize=24, crop=16)


def test_the_pixels_are_those_of_the_resized_image(tiny_images: ImageStore, tmp_path: Path) -> None:
    decoded = decode_once(tiny_images, [7, 3], whole_image(SIZE), "24", tmp_path, 0)
    expected = ImageDataset(tiny_images, [3, 7], [0, 0], whole_image(SIZE))
    for position, row in enumerate((3, 7)):
        pixels = np.asarray(decoded.image(row)).transpose(2, 0, 1)
        assert np.array_equal(pixels, expected[0, position][0].numpy())


@pytest.mark.parametrize("size", [SIZE, ImageSize(resize="squash", crop=16)], ids=str)
def test_validation_sees_the_same_with_and_without(
    tiny_images: ImageStore, tmp_path: Path, size: ImageSize
) -> None:
    rows = range(len(tiny_images.metadata))
    decoded = decode_once(tiny_images, rows, whole_image(size), "24", tmp_path, workers=2)
    transform = evaluation_transform(size)
    plain, cached = (
        ImageDataset(tiny_images, rows, [0] * len(rows), transform, decode=decode)
        for decode in (None, decoded.image)
    )
    assert all(torch.equal(plain[0, n][0], cached[0, n][0]) for n in rows)


def test_what_is_there_already_is_not_decoded_again(
    tiny_images: ImageStore, tmp_path: Path
) -> None:
    def fails(image: Pixels) -> torch.Tensor:
        raise AssertionError("decoded again")

    first = decode_once(tiny_images, [0, 1], whole_image(SIZE), "24", tmp_path, 0)
    again = decode_once(tiny_images, [1, 0], fails, "24", tmp_path, 0)
    assert again.path == first.path
    with pytest.raises(AssertionError, match="decoded again"):
        decode_once(tiny_images, [0, 1], fails, "25", tmp_path, 0)
    assert list(tmp_path.glob("*.arrow")) == [first.path]


def test_only_what_was_used_last_is_kept(tiny_images: ImageStore, tmp_path: Path) -> None:
    paths = [
        decode_once(tiny_images, [row], whole_image(SIZE), "24", tmp_path, 0).path
        for row in range(KEPT + 2)
    ]
    assert set(tmp_path.glob("*.arrow")) == set(paths[2:])


def test_images_of_any_shape_come_back_whole(tiny_images: ImageStore, tmp_path: Path) -> None:
    def stretched(image: Pixels) -> torch.Tensor:
        assert isinstance(image, Image.Image)
        return torch.arange(3 * 5 * 9, dtype=torch.uint8).view(3, 5, 9)

    decoded = decode_once(tiny_images, [0], stretched, "5", tmp_path, 0)
    assert decoded.image(0).size == (9, 5)
    assert np.array_equal(np.asarray(decoded.image(0))[..., 2], np.arange(90, 135).reshape(5, 9))


def test_images_with_bands_are_refused(
    tile_images: Callable[[Bands], ImageStore], tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("train.cache = decoded", "have bands", "none"):
        decode_once(
            tile_images(Bands(chosen="all")), [0], whole_image(SIZE), "24", tmp_path / "new", 0
        )


def test_what_a_run_still_needs_is_never_removed(tiny_images: ImageStore, tmp_path: Path) -> None:
    used = [
        decode_once(tiny_images, [row], whole_image(SIZE), "24", tmp_path, 0) for row in range(10)
    ]
    assert [images.image(row).size for row, images in enumerate(used)] == [(24, 24)] * 10


@pytest.mark.parametrize("damage", ["cut", "sizes", "rows", "text"])
def test_a_damaged_file_is_made_again(damage: str, tiny_images: ImageStore, tmp_path: Path) -> None:
    path = decode_once(tiny_images, [0, 1], whole_image(SIZE), "24", tmp_path, 0).path
    intact = path.read_bytes()
    table = pa.ipc.open_file(intact).read_all()
    wrong = {
        "sizes": {"width": pa.array([2**31 - 1, 24], pa.int32())},
        "rows": {"row": pa.array([0, 7])},
    }
    if damage in wrong:
        columns = {**{name: table[name] for name in table.column_names}, **wrong[damage]}
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(pa.table(columns, table.schema))
    else:
        path.write_bytes(intact[:-100] if damage == "cut" else b"text")
    again = decode_once(tiny_images, [0, 1], whole_image(SIZE), "24", tmp_path, 0)
    assert again.image(1).size == (24, 24)
    assert path.read_bytes() == intact
