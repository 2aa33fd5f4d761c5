"""What an index is built from, and what is written."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lookalike.core.errors import DataError
from lookalike.core.hashing import sha256_of_file
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.index.building import build_index
from lookalike.index.description import DESCRIPTION
from lookalike.index.engines.annoy import Annoy
from lookalike.index.engines.exact import Exact
from lookalike.index.engines.faiss import Faiss
from lookalike.index.index import Index
from lookalike.index.metadata import joined_metadata
from lookalike.index.storage import open_index
from lookalike.index.thumbnails import write_thumbnails
from lookalike.inference.embeddings import VECTORS, Embeddings, open_embeddings
from lookalike.model.artifact_fingerprint import fingerprint

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def embeddings(tiny_embeddings: Path) -> Embeddings:
    return open_embeddings(tiny_embeddings)


@pytest.fixture(scope="module")
def index(tiny_index: Path, tiny_model: Path) -> Index:
    return open_index(tiny_index, fingerprint(tiny_model))


@pytest.fixture(scope="module")
def metadata(tiny_images: ImageStore, tiny_split: Path, embeddings: Embeddings) -> pa.Table:
    split = read_split(tiny_split, tiny_images)
    return joined_metadata(tiny_images.metadata, embeddings, split)


def test_the_same_inputs_give_the_same_bytes(
    tiny_index: Path,
    tiny_images: ImageStore,
    tiny_embeddings: Path,
    metadata: pa.Table,
    tmp_path: Path,
    tiny_model: Path,
) -> None:
    engine = Annoy(trees=10, search_k=10_000)
    thumbnails = partial(write_thumbnails, tiny_images, 96, 3)
    vectors, sha256 = open_embeddings(tiny_embeddings).vectors, fingerprint(tiny_model)
    build_index(vectors, metadata, tmp_path / "again", engine, sha256, thumbnails)
    for path in tiny_index.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_description_names_what_the_index_was_made_from(
    tiny_index: Path, tiny_embeddings: Path, tiny_model: Path
) -> None:
    description = json.loads((tiny_index / DESCRIPTION).read_text())
    assert description["model_sha256"] == fingerprint(tiny_model)
    assert description["vectors_sha256"] == sha256_of_file(tiny_embeddings / VECTORS)
    assert (description["images"], description["dimension"]) == (120, 16)
    assert description["engine"] == {
        "name": "annoy",
        "metric": "angular",
        "target_recall": 0.99,
        "trees": 10,
        "search_k": 10_000,
        "seed": None,
    }


def test_the_vectors_are_those_of_the_embed_stage_byte_for_byte(
    tiny_index: Path, tiny_embeddings: Path
) -> None:
    assert (tiny_index / VECTORS).read_bytes() == (tiny_embeddings / VECTORS).read_bytes()


@pytest.mark.parametrize("engine", [Annoy(), Annoy(target_recall=0.5), Exact(), Faiss()])
def test_what_is_null_is_chosen_and_written_down(
    engine: Annoy | Exact | Faiss, embeddings: Embeddings, metadata: pa.Table, tmp_path: Path
) -> None:
    index = build_index(embeddings.vectors, metadata, tmp_path / "index", engine)
    chosen = index.description.engine.model_dump(exclude={"seed"})
    assert None not in chosen.values()
    assert open_index(tmp_path / "index").description.engine == index.description.engine


def test_an_index_of_an_unknown_model_can_be_opened_with_any(
    embeddings: Embeddings, metadata: pa.Table, tmp_path: Path
) -> None:
    build_index(embeddings.vectors, metadata, tmp_path / "index", Exact())
    assert len(open_index(tmp_path / "index", "any")) == 120


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite_are_refused_and_their_images_named(
    number: float,
    embeddings: Embeddings,
    metadata: pa.Table,
    tmp_path: Path,
    one_line_error: OneLineError,
) -> None:
    vectors = embeddings.vectors.copy()
    vectors[[5, 90], 3] = number
    names = metadata["id"].take([5, 90]).to_pylist()
    with one_line_error("vectors: not finite of 2 images", *names, kind=DataError):
        build_index(vectors, metadata, tmp_path / "index", Exact())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(0, 16), (120, 0), (120,), (119, 16)])
def test_vectors_of_another_shape_are_refused(
    shape: tuple[int, ...], metadata: pa.Table, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("vectors: ", kind=DataError):
        build_index(np.ones(shape, np.float32), metadata, tmp_path / "index", Exact())
    assert list(tmp_path.iterdir()) == []
