"""Embeddings and logits of images, in batches of one constant shape."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lookalike.images.dataset import ImageDataset
from lookalike.images.store import ImageStore
from lookalike.inference import embedder as module
from lookalike.inference import passes
from lookalike.inference.cache_key import CacheSettings
from lookalike.inference.embedder import Embedder, open_embedder
from lookalike.inference.forward import forward
from lookalike.model.artifact import Model, build_network, load_model
from lookalike.model.network import Output
from lookalike.model.transforms import evaluation_transform

OneLineError = Callable[..., AbstractContextManager[None]]

BATCH = 8


@pytest.fixture(scope="module", params=["fp32", "bf16"])
def at(request: pytest.FixtureRequest, tiny_model: Path) -> Model:
    """The tiny model at each precision."""
    model = load_model(tiny_model)
    description = model.description.model_copy(update={"precision": request.param})
    return Model(description, model.network)


@settings(max_examples=10)
@given(company=st.lists(st.integers(0, 119), min_size=1, max_size=12), place=st.integers(0, 11))
def test_an_image_has_one_embedding_to_the_last_bit_whatever_else_is_in_its_batch(
    at: Model, tiny_images: ImageStore, company: list[int], place: int
) -> None:
    alone = Embedder(at, BATCH).outputs(tiny_images, [5])
    place = min(place, len(company))
    rows = [*company[:place], 5, *company[place:]]
    among = Embedder(at, BATCH).outputs(tiny_images, rows)
    assert torch.equal(among.embeddings[place], alone.embeddings[0])
    assert among.logits is not None
    assert alone.logits is not None
    assert torch.equal(among.logits[place], alone.logits[0])


def test_the_number_of_workers_changes_no_bit(model: Model, tiny_images: ImageStore) -> None:
    rows = list(range(20))
    none = Embedder(model, BATCH).outputs(tiny_images, rows)
    two = Embedder(model, BATCH, workers=2).outputs(tiny_images, rows)
    assert torch.equal(none.embeddings, two.embeddings)


def test_blocks_come_in_order(
    model: Model, tiny_images: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Embedder(model, BATCH).outputs(tiny_images, range(10))
    monkeypatch.setattr(module, "BLOCK", 4)
    parts = list(Embedder(model, BATCH).blocks(tiny_images, range(10)))
    assert [(part.start, part.stop) for part in parts] == [(0, 4), (4, 8), (8, 10)]
    assert [len(part.logits) for part in parts if part.logits is not None] == [4, 4, 2]
    assert torch.equal(torch.cat([part.embeddings for part in parts]), whole.embeddings)


@settings(max_examples=10)
@given(
    before=st.sets(st.integers(0, 29)),
    rows=st.lists(st.integers(0, 29), min_size=1, max_size=12),
    block=st.integers(1, 5),
)
def test_what_is_cached_is_what_computing_it_again_gives(
    at: Model,
    tiny_images: ImageStore,
    tmp_path_factory: pytest.TempPathFactory,
    before: set[int],
    rows: list[int],
    block: int,
) -> None:
    expected = Embedder(at, BATCH).outputs(tiny_images, rows)
    embedder = Embedder(at, BATCH, cache=CacheSettings(tmp_path_factory.mktemp("cache"), 1.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        embedder.outputs(tiny_images, sorted(before))
        found = embedder.outputs(tiny_images, rows)
    assert torch.equal(found.embeddings, expected.embeddings)
    assert found.logits is not None
    assert expected.logits is not None
    assert torch.equal(found.logits, expected.logits)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images each forward pass had, from now on."""
    sizes = []

    def counting(model: Model, images: Tensor) -> Output:
        sizes.append(len(images))
        return forward(model, images)

    monkeypatch.setattr(passes, "forward", counting)
    return sizes


def test_nothing_is_computed_twice(
    model: Model, tiny_images: ImageStore, tmp_path: Path, computed: list[int]
) -> None:
    for rows in (range(8), range(4, 12)):
        Embedder(model, 4, cache=CacheSettings(tmp_path, 1.0)).outputs(tiny_images, rows)
    assert computed == [4, 4, 4]


def test_no_more_is_computed_than_the_blocks_that_were_taken_need(
    model: Model, tiny_images: ImageStore, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 6)
    blocks = Embedder(model, 4).blocks(tiny_images, range(120))
    assert (next(blocks).stop, computed) == (6, [4, 4])
    assert (next(blocks).stop, computed) == (12, [4, 4, 4])


def test_without_images_there_are_no_blocks(model: Model, tiny_images: ImageStore) -> None:
    assert list(Embedder(model, BATCH, workers=2).blocks(tiny_images, [])) == []


def test_rows_are_given_in_the_order_in_which_they_were_asked_for(
    model: Model, tiny_images: ImageStore
) -> None:
    forwards = Embedder(model, BATCH).outputs(tiny_images, [3, 90, 40])
    backwards = Embedder(model, BATCH).outputs(tiny_images, [40, 90, 3])
    assert torch.equal(forwards.embeddings, backwards.embeddings.flip(0))


def test_an_embedding_is_what_the_network_says_of_the_image(
    model: Model, tiny_images: ImageStore
) -> None:
    transform = evaluation_transform(model.description.image_size)
    pixels, _ = ImageDataset(tiny_images, [7], [-1], transform)[(0, 0)]
    expected = forward(model, pixels[None])
    found = Embedder(model, 1).outputs(tiny_images, [7])
    assert torch.equal(found.embeddings, expected.embeddings)


def test_a_model_without_classes_gives_embeddings_alone(
    model: Model, tiny_images: ImageStore
) -> None:
    description = model.description.model_copy(update={"classes": [], "embedding_dim": None})
    headless = Model(description, build_network(description))
    output = Embedder(headless, BATCH).outputs(tiny_images, [0, 1])
    assert output.embeddings.shape == (2, 512)
    assert output.logits is None


def test_at_bf16_the_results_are_still_float32(at: Model, tiny_images: ImageStore) -> None:
    output = Embedder(at, BATCH).outputs(tiny_images, [0])
    assert output.embeddings.dtype == torch.float32


def test_without_rows_the_whole_store_is_embedded(model: Model, tiny_images: ImageStore) -> None:
    vectors = Embedder(model, BATCH).embed(tiny_images)
    assert vectors.shape == (len(tiny_images), model.dimension)
    assert vectors.dtype == "float32"


def test_an_artifact_is_opened_by_its_path(tiny_model: Path, tiny_images: ImageStore) -> None:
    opened = open_embedder(str(tiny_model), batch_size=BATCH)
    expected = Embedder(load_model(tiny_model), BATCH).embed(tiny_images, [3])
    assert (opened.embed(tiny_images, [3]) == expected).all()


def test_an_embedding_that_is_no_number_stops_with_the_images(
    tiny_images: ImageStore, tiny_model: Path, one_line_error: OneLineError
) -> None:
    model = load_model(tiny_model)
    with torch.no_grad():
        model.network.embedding.bias[0] = torch.nan
    with one_line_error("embeddings of 2 images are not finite", tiny_images.ids[5]):
        Embedder(model).embed(tiny_images, [5, 7])
