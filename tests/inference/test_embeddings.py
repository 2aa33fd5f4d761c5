"""The embeddings of all images as files."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch

from lookalike.images.store import ImageStore
from lookalike.inference.embedder import Embedder, OutputBlock
from lookalike.inference.embeddings import ROWS, VECTORS, open_embeddings
from lookalike.inference.writing import write_embeddings
from lookalike.model.artifact import Model, build_network, load_model
from lookalike.model.artifact_fingerprint import fingerprint

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def folder(tiny_embeddings: Path, tmp_path: Path) -> Path:
    """A copy of the embeddings of the tiny project."""
    return Path(shutil.copytree(tiny_embeddings, tmp_path / "embeddings"))


def test_row_i_is_row_i_of_the_image_store(tiny_embeddings: Path, tiny_images: ImageStore) -> None:
    assert open_embeddings(tiny_embeddings).rows["id"] == tiny_images.metadata["id"]


def test_the_vectors_are_the_models_embeddings_to_the_last_bit(
    tiny_embeddings: Path, tiny_images: ImageStore, model: Model
) -> None:
    output = Embedder(model).outputs(tiny_images)
    vectors = open_embeddings(tiny_embeddings).vectors
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, output.embeddings.numpy())


def test_a_row_has_the_likeliest_class_and_its_probability(
    tiny_embeddings: Path, tiny_images: ImageStore, model: Model
) -> None:
    logits = Embedder(model).outputs(tiny_images).logits
    assert logits is not None
    best = model.probabilities(logits).max(dim=1)
    rows = open_embeddings(tiny_embeddings).rows
    classes = model.description.classes
    assert rows["predicted_label"].to_pylist() == [classes[n] for n in best.indices.tolist()]
    assert rows["probability"].to_pylist() == best.values.tolist()


def test_the_embeddings_name_their_model(tiny_embeddings: Path, tiny_model: Path) -> None:
    assert open_embeddings(tiny_embeddings).model_sha256 == fingerprint(tiny_model)


def test_without_classes_there_is_nothing_predicted(
    model: Model, tiny_images: ImageStore, tmp_path: Path
) -> None:
    description = model.description.model_copy(update={"classes": []})
    plain = Model(description, build_network(description), "m" * 64)
    write_embeddings(tmp_path / "e", tiny_images, Embedder(plain))
    rows = open_embeddings(tmp_path / "e").rows
    assert set(rows["predicted_label"].to_pylist()) == {None}
    assert set(rows["probability"].to_pylist()) == {None}


def test_embeddings_that_were_not_finished_are_not_there(
    model: Model, tiny_images: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(
        self: Embedder, images: ImageStore, rows: Sequence[int]
    ) -> Iterator[OutputBlock]:
        yield OutputBlock(0, 1, torch.zeros(1, 16), torch.zeros(1, 6))
        raise KeyboardInterrupt

    monkeypatch.setattr(Embedder, "blocks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_embeddings(tmp_path / "e", tiny_images, Embedder(model))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [VECTORS, ROWS])
@pytest.mark.parametrize("keep", [0, 3, 8, 60, 1000])
def test_a_truncated_file_is_one_line(
    name: str, keep: int, folder: Path, one_line_error: OneLineError
) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:keep])
    with one_line_error(f"{folder}: broken embeddings", "embed again"):
        open_embeddings(folder)


@pytest.mark.parametrize("name", [VECTORS, ROWS])
def test_a_missing_file_is_one_line(name: str, folder: Path, one_line_error: OneLineError) -> None:
    (folder / name).unlink()
    with one_line_error(f"{folder}: no embeddings; run the embed stage first"):
        open_embeddings(folder)


def test_vectors_and_rows_of_different_runs_are_refused(
    folder: Path, one_line_error: OneLineError
) -> None:
    np.save(folder / VECTORS, np.zeros((7, 16), np.float32))
    with one_line_error("7 vectors but 120 rows; embed again"):
        open_embeddings(folder)


def test_a_pickle_in_place_of_the_vectors_is_refused(
    folder: Path, one_line_error: OneLineError
) -> None:
    np.save(folder / VECTORS, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with one_line_error(f"{folder}: broken embeddings"):
        open_embeddings(folder)


def test_the_tiny_model_opens_as_its_embeddings_have_it(
    tiny_model: Path, tiny_embeddings: Path
) -> None:
    vectors = open_embeddings(tiny_embeddings).vectors
    assert load_model(tiny_model).dimension == vectors.shape[1]
