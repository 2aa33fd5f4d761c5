from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from lookalike.images.bands import Bands
from lookalike.images.batches import SequentialBatches, ShuffledBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.geotiff import decode_bands
from lookalike.images.inspect import inspect
from lookalike.images.loading import load_batches
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore

MakeDataset = Callable[..., ImageDataset]


def as_tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def randomly_shifted(image: Image.Image) -> Tensor:
    """A random augmentation: rolled by up to 31 pixels either way, and some noise."""
    shifts = torch.randint(0, 32, (2,)).tolist()
    noise = torch.randint(0, 20, (3, image.height, image.width), dtype=torch.uint8)
    return as_tensor(image).roll(shifts, (1, 2)) // 2 + noise


@pytest.fixture
def store(tmp_path: Path, digit_files: dict[str, bytes]) -> ImageStore:
    """The 24 digits as an image store, in the order of `digit_files`."""
    rows = (
        {
            **inspect(data, 10**6)._asdict(),
            "path": path,
            "label": path[0],
            "source": path,
            "source_split": None,
            "image": data,
        }
        for path, data in digit_files.items()
    )
    write_shards(rows, tmp_path / "images")
    return ImageStore(tmp_path / "images")


@pytest.fixture
def dataset(store: ImageStore) -> MakeDataset:
    """A dataset over all digits with a random augmentation; arguments change it."""

    def make(**changes: object) -> ImageDataset:
        arguments: dict[str, object] = {
            "rows": range(24),
            "targets": [row // 8 for row in range(24)],
            "transform": randomly_shifted,
        }
        return ImageDataset(store, **{**arguments, **changes})  # type: ignore[arg-type]

    return make


def epoch_of(dataset: ImageDataset, epoch: int) -> Tensor:
    return torch.stack([dataset[epoch, position][0] for position in range(len(dataset))])


def test_an_item_is_the_decoded_image_of_its_row_and_its_target(
    dataset: MakeDataset, encoded: Callable[..., bytes], digit_files: dict[str, bytes]
) -> None:
    some = dataset(rows=[20, 3], targets=[7, -1], transform=as_tensor)
    image, target = some[0, 0]
    assert encoded(image.permute(1, 2, 0).numpy()[..., 0]) == digit_files["2/04.png"]
    assert target == 7
    assert some[0, 1][1] == -1
    assert len(some) == 2


def test_an_item_is_the_same_in_whatever_order_items_are_asked_for(dataset: MakeDataset) -> None:
    forwards, backwards = dataset(), dataset()
    expected = epoch_of(forwards, 3)
    for position in reversed(range(24)):
        assert torch.equal(backwards[3, position][0], expected[position])


def test_an_item_is_the_same_at_whatever_position_its_image_stands(dataset: MakeDataset) -> None:
    some = dataset(rows=[5, 17], targets=[0, 0])
    assert torch.equal(some[1, 0][0], dataset()[1, 5][0])
    assert torch.equal(some[1, 1][0], dataset()[1, 17][0])


def test_an_item_is_the_same_whatever_epochs_came_before(dataset: MakeDataset) -> None:
    resumed, straight = dataset(), dataset()
    for epoch in range(3):
        epoch_of(straight, epoch)
    assert torch.equal(epoch_of(resumed, 3), epoch_of(straight, 3))


def test_another_epoch_gives_another_augmentation(dataset: MakeDataset) -> None:
    digits = dataset()
    first, second = epoch_of(digits, 0), epoch_of(digits, 1)
    assert all(not torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_another_image_gives_another_augmentation(dataset: MakeDataset) -> None:
    numbers = dataset(transform=lambda image: torch.rand(1))
    assert len({numbers[0, position][0].item() for position in range(24)}) == 24


def test_another_seed_gives_another_augmentation(dataset: MakeDataset) -> None:
    assert not torch.equal(dataset(seed=0)[0, 0][0], dataset(seed=1)[0, 0][0])


def test_the_state_of_the_process_neither_matters_nor_changes(dataset: MakeDataset) -> None:
    torch.manual_seed(1)
    first = epoch_of(dataset(), 0)
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert torch.equal(epoch_of(dataset(), 0), first)
    assert torch.equal(torch.get_rng_state(), state)


def test_batches_are_the_same_with_two_workers_as_with_none(dataset: MakeDataset) -> None:
    batches = ShuffledBatches(24, 5, seed=0)
    loaders = [load_batches(dataset(), batches, workers) for workers in (0, 2)]
    for epoch in (0, 1):
        batches.set_epoch(epoch)
        alone, together = (list(loader) for loader in loaders)
        assert len(alone) == len(together) == 4
        for (images, targets), (other_images, other_targets) in zip(alone, together, strict=True):
            assert torch.equal(images, other_images)
            assert torch.equal(targets, other_targets)


def test_batches_hold_images_and_their_targets(dataset: MakeDataset) -> None:
    digits = dataset(transform=as_tensor)
    images, targets = zip(*load_batches(digits, SequentialBatches(24, 10), 0), strict=True)
    assert [tuple(batch.shape) for batch in images] == [(10, 3, 32, 32)] * 2 + [(4, 3, 32, 32)]
    assert torch.cat(images).dtype == torch.uint8
    assert torch.equal(torch.cat(images), epoch_of(digits, 0))
    assert torch.cat(targets).tolist() == digits.targets


def test_rows_without_their_targets_are_refused(dataset: MakeDataset) -> None:
    with pytest.raises(ValueError, match="24 rows but 1 targets"):
        dataset(targets=[0])


def test_where_the_store_names_bands_an_item_holds_them_in_their_own_units(
    tile_images: Callable[[Bands], ImageStore], tile_files: dict[str, bytes]
) -> None:
    bands = Bands(chosen=(5, 2))
    dataset = ImageDataset(tile_images(bands), [13], [1], torch.as_tensor)
    image, target = dataset[0, 0]
    assert image.numpy().tolist() == decode_bands(tile_files["water/3.tif"], bands).tolist()
    assert target == 1
