"""A whitened index in a store: queries meet it there as they do here."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from tests.publish.stores import lancedb_at

from lookalike.core.errors import QueryError
from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.storage import open_index
from lookalike.publish.addresses import store_at
from lookalike.publish.opening import open_store_searcher
from lookalike.retrieval.whitening import learn_whitening
from lookalike.search.queries import ById, Like
from lookalike.search.searcher import open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def embeddings(tiny_index: Path) -> np.ndarray:
    """What the model gives, float32 `[120, 16]`."""
    return open_index(tiny_index).vectors.values


@pytest.fixture(scope="module")
def folder(
    tiny_index: Path, embeddings: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An index of 8 numbers a vector."""
    index, whitening = open_index(tiny_index), learn_whitening(embeddings, 8)
    folder, model = tmp_path_factory.mktemp("whitened") / "index", index.description.model_sha256
    vectors = whitening(embeddings)
    build_index(vectors, index.metadata, folder, Exact(), model, whitening=whitening)
    return folder


@pytest.fixture
def index(folder: Path) -> Index:
    return open_index(folder)


def test_every_kind_of_query_finds_what_it_finds_here(
    address: str,
    index: Index,
    folder: Path,
    tiny_model: Path,
    tiny_source: Path,
    embeddings: np.ndarray,
) -> None:
    store = store_at(address)
    store.publish(index, {}, 0, rewrite=False)
    assert store.verify(index, {}).recall == 1
    there, here = open_store_searcher(tiny_model, address), open_searcher(tiny_model, folder)
    image, first, second = tiny_source / "2/05.png", ById(index.ids[0]), ById(index.ids[7])
    for query in (image, embeddings[7], second, Like(image, embeddings[7], unlike=[first])):
        assert there.search(query, 3).to_dict() == here.search(query, 3).to_dict()
    with pytest.raises(QueryError, match="vectors of 16 numbers"):
        there.search(np.ones(8, np.float32))


def test_a_whitening_that_is_no_longer_there_is_one_line(
    tmp_path: Path, index: Index, tiny_model: Path, tiny_source: Path, one_line_error: OneLineError
) -> None:
    address = f"lancedb:{tmp_path / 'store'}"
    store = store_at(address)
    store.publish(index, {}, 0, rewrite=False)
    with lancedb_at(address) as database:
        table = database.open_table(store.current().about.table)
        table.update(where="row = 0", values={"whitening": None})
    with one_line_error("1 images different"):
        store.verify(index, {})
    with one_line_error("lookalike publish --rewrite"):
        open_store_searcher(tiny_model, address).search(tiny_source / "2/05.png")
