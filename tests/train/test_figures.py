"""The picture of augmented training images."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from lookalike.images.bands import Bands
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.train.batches import Batches, make_batches
from lookalike.train.data import Subset, TrainingData, training_data
from lookalike.train.figures import AUGMENTED, caption, draw_figures, first_images
from lookalike.train.network import describe
from lookalike.train.params import TrainParams
from lookalike.train.recipe.band_statistics import with_bands
from lookalike.train.recipe.mixing import Mixing
from lookalike.train.resources import Resources


@pytest.fixture
def data(tiny_split: Path, tiny_images: ImageStore) -> TrainingData:
    return training_data(tiny_images, read_split(tiny_split, tiny_images))


def batches_of(
    params: TrainParams, data: TrainingData, rank: int = 0, processes: int = 1
) -> Batches:
    description = with_bands(
        describe(params, "fp32", data.classes), data.images, data.train.rows, 0
    )
    fabric: Any = SimpleNamespace(global_rank=rank, world_size=processes)
    return make_batches(params, data, description, 0, Resources(fabric))


def params_of(**values: Any) -> TrainParams:
    return TrainParams(**{"image_size": 32, "resize": 32, "batch_size": 12, **values})


def picture(folder: Path, data: TrainingData, **values: Any) -> bytes:
    params = params_of(**values)
    description = describe(params, "fp32", data.classes)
    mixing = Mixing(params, len(data.classes), seed=0)
    draw_figures(folder, batches_of(params, data), mixing, description)
    return (folder / AUGMENTED).read_bytes()


@pytest.mark.parametrize("mixed", [{}, {"mixup": 1.0, "cutmix": 1.0}])
def test_its_images_are_those_that_the_steps_of_all_processes_take(
    mixed: dict[str, float], tiny_images: ImageStore, data: TrainingData
) -> None:
    params = params_of(gradient_accumulation=3, augment="strong", **mixed)
    mixing = Mixing(params, 6, seed=0)
    taken = []
    for rank in range(2):
        batches = batches_of(params, data, rank, processes=2)
        batches.order.set_epoch(1)
        for piece, (images, targets) in enumerate(batches.train):
            share = piece * 2 + rank  # as a step numbers them
            images, targets = mixing(images, targets, 1, share)
            taken += [(share, *pair) for pair in zip(images, targets, strict=True)]
    taken.sort(key=lambda entry: entry[0])
    found = list(first_images(batches_of(params, data, 0, 2), mixing))
    assert len(found) == len(taken) == 84
    for (image, target), (_, other, wanted) in zip(found, taken, strict=True):
        assert torch.equal(image, other)
        assert torch.equal(target, wanted)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (torch.tensor(1), "cat"),
        (torch.tensor([0.0, 1.0, 0.0]), "cat"),
        (torch.tensor([0.004, 0.996, 0.0]), "cat"),
        (torch.tensor([0.0, 0.25, 0.75]), "75% dog\n25% cat"),
    ],
)
def test_a_caption_names_the_classes_and_their_shares(target: Tensor, expected: str) -> None:
    assert caption(target, ["ant", "cat", "dog"]) == expected


def test_the_same_training_has_the_same_picture(
    tmp_path: Path, tiny_images: ImageStore, data: TrainingData
) -> None:
    plain = picture(tmp_path / "figures", data)
    assert plain == picture(tmp_path / "figures", data)
    assert plain != picture(tmp_path / "figures", data, cutmix=1.0)
    assert [path.name for path in (tmp_path / "figures").iterdir()] == [AUGMENTED]


def test_few_images_make_a_small_picture(
    tmp_path: Path, tiny_images: ImageStore, data: TrainingData
) -> None:
    few = data._replace(train=Subset(data.train.rows[:5], data.train.targets[:5]))
    picture(tmp_path / "few", few)
    picture(tmp_path / "many", data)
    sizes = [Image.open(tmp_path / name / AUGMENTED).size for name in ("few", "many")]
    assert sizes[0][0] < sizes[1][0]
    assert sizes[0][1] < sizes[1][1]


def test_of_bands_it_shows_those_for_people(
    tmp_path: Path, tile_images: Callable[[Bands], ImageStore]
) -> None:
    bands = Bands(chosen="all", rgb=(3, 2, 1))
    train, valid = Subset([0, 1, 10, 11], [0, 0, 1, 1]), Subset([2], [0])
    data = TrainingData(tile_images(bands), ["crop", "water"], train, valid, frozenset())
    params = params_of(backbone="cnn:4", batch_size=4)
    mixing = Mixing(params, 2, seed=0)
    plain = describe(params, "fp32", data.classes)
    description = with_bands(plain, data.images, train.rows, workers=0)
    draw_figures(tmp_path / "x", batches_of(params, data), mixing, description)
    drawn = Image.open(tmp_path / "x" / AUGMENTED).convert("RGB")
    assert len(drawn.getcolors(10**6) or []) > 1000  # noise in three colors
