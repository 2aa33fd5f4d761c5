"""The picture that tells the story."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from lookalike.evaluate.params import EvaluateParams
from lookalike.evaluate.prediction import Prediction
from lookalike.evaluate.queries import choose_queries, draw_queries
from lookalike.images.bands import Bands
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.embeddings import open_embeddings
from lookalike.model.network import normalize

LABELS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=30)


@given(labels=LABELS, wanted=st.integers(1, 40), seed=st.integers(0, 99))
def test_as_many_different_queries_are_chosen_as_are_wanted_or_there(
    labels: list[str], wanted: int, seed: int
) -> None:
    chosen = choose_queries(labels, EvaluateParams(grid_queries=wanted), seed)
    assert len(chosen) == len(set(chosen)) == min(wanted, len(labels))


@given(labels=LABELS, wanted=st.integers(2, 6), seed=st.integers(0, 99))
def test_no_class_has_a_second_query_before_every_class_has_its_first(
    labels: list[str], wanted: int, seed: int
) -> None:
    chosen = choose_queries(labels, EvaluateParams(grid_queries=wanted), seed)
    counts = Counter(labels[position] for position in chosen)
    most = max(counts.values())
    for label, images in Counter(labels).items():
        assert counts[label] >= min(most - 1, images)


@pytest.mark.parametrize("seed", range(10))
def test_a_rare_class_is_shown_too(seed: int) -> None:
    labels = ["common"] * 30 + ["rare"]
    assert 30 in choose_queries(labels, EvaluateParams(grid_queries=2), seed)


def test_the_seed_decides_the_queries() -> None:
    labels, params = ["a"] * 50, EvaluateParams(grid_queries=5)
    assert choose_queries(labels, params, seed=1) == choose_queries(labels, params, seed=1)
    assert choose_queries(labels, params, seed=1) != choose_queries(labels, params, seed=2)


@pytest.fixture(scope="module")
def tested(
    tiny_images: ImageStore, tiny_split: Path, tiny_embeddings: Path
) -> tuple[list[Prediction], Tensor]:
    """The test images and their embeddings."""
    test = [
        Prediction(image.row, image.path, image.label, None, None)
        for image in read_split(tiny_split, tiny_images)
        if image.split == "test"
    ]
    unit = normalize(torch.tensor(open_embeddings(tiny_embeddings).vectors))
    return test, unit[[prediction.row for prediction in test]]


def drawn(
    path: Path,
    tested: tuple[list[Prediction], Tensor],
    images: ImageStore,
    queries: int,
    neighbors: int,
) -> Path:
    params = EvaluateParams(grid_queries=queries, grid_neighbors=neighbors)
    draw_queries(path, *tested, images, params, seed=0)
    return path


def test_the_picture_is_the_same_bytes_every_time(
    tested: tuple[list[Prediction], Tensor], tiny_images: ImageStore, tmp_path: Path
) -> None:
    one = drawn(tmp_path / "one.png", tested, tiny_images, 2, 2)
    other = drawn(tmp_path / "other.png", tested, tiny_images, 2, 2)
    assert one.read_bytes() == other.read_bytes()


def test_the_picture_grows_with_queries_and_neighbors(
    tested: tuple[list[Prediction], Tensor], tiny_images: ImageStore, tmp_path: Path
) -> None:
    small = Image.open(drawn(tmp_path / "small.png", tested, tiny_images, 1, 1))
    large = Image.open(drawn(tmp_path / "large.png", tested, tiny_images, 2, 2))
    assert large.height > small.height
    assert large.width == pytest.approx(1.5 * small.width, rel=0.1)


def test_no_more_neighbors_are_drawn_than_can_be_right(
    tested: tuple[list[Prediction], Tensor], tiny_images: ImageStore, tmp_path: Path
) -> None:
    all_that_can = drawn(tmp_path / "all.png", tested, tiny_images, 3, 2)  # 3 images a class
    more = drawn(tmp_path / "more.png", tested, tiny_images, 3, 7)
    assert more.read_bytes() == all_that_can.read_bytes()


def test_more_is_asked_for_than_there_is_and_all_of_it_is_shown(
    tested: tuple[list[Prediction], Tensor], tiny_images: ImageStore, tmp_path: Path
) -> None:
    few = (tested[0][:3], tested[1][:3])
    everything = drawn(tmp_path / "all.png", few, tiny_images, 3, 2)
    more = drawn(tmp_path / "more.png", few, tiny_images, 9, 9)
    assert more.read_bytes() == everything.read_bytes()


def test_a_single_test_image_is_shown_alone(
    tested: tuple[list[Prediction], Tensor], tiny_images: ImageStore, tmp_path: Path
) -> None:
    alone = drawn(tmp_path / "one.png", (tested[0][:1], tested[1][:1]), tiny_images, 3, 2)
    assert Image.open(alone).width < 250


def test_bands_are_drawn_as_pictures_for_people(
    tile_images: Callable[[Bands], ImageStore], tmp_path: Path
) -> None:
    test = [Prediction(row, "a", "crop", None, None) for row in range(3)]
    tested = (test, normalize(torch.eye(3)))
    pictures = []
    for number, rgb in enumerate([(1, 2, 3), (1, 2, 3), (5, 2, 3)]):
        images = tile_images(Bands(chosen=(5,), rgb=rgb))
        pictures.append(drawn(tmp_path / f"{number}.png", tested, images, 2, 2).read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]
