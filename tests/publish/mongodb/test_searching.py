"""Searching in MongoDB where the server has vector search, as far as `vector_search` is one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from tests.publish.mongodb.vector_search import VectorSearch
from tests.publish.stores import awkward_metadata

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.index.storage import open_index
from lookalike.publish.gallery import StoreGallery
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.pointer import current_version
from lookalike.publish.mongodb.store import MongodbStore
from lookalike.publish.mongodb.version import MongodbVersion
from lookalike.publish.opening import open_store_searcher
from lookalike.publish.version import version_of
from lookalike.retrieval.exact_search import Metric
from lookalike.retrieval.whitening import learn_whitening
from lookalike.search.filters import matching_rows
from lookalike.search.searcher import open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]
MakeIndex = Callable[..., Index]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> MakeIndex:
    """An index: `make(40, metric="euclidean")`."""

    def make(images: int, seed: int = 0, metric: Metric = "angular") -> Index:
        values = np.random.default_rng(seed).normal(size=(images, 8)).astype(np.float32)
        metadata = awkward_metadata(images, seed, texts="$a.b", numbers="thumbnail")
        folder = tmp_path_factory.mktemp("index") / "index"
        return build_index(values, metadata, folder, Exact(metric=metric), "m" * 64)

    return make


def test_without_vector_search_it_is_one_line_and_publishing_goes_on(
    plain: MongodbStore, seven: Index, one_line_error: OneLineError
) -> None:
    assert plain.publish(seven, {}, 0, rewrite=False).new == 7
    assert plain.verify(seven, {}).recall is None
    with one_line_error("has no vector search", "PostgreSQL or LanceDB", "--metadata mongodb"):
        plain.current()


def test_before_anything_is_published_it_is_one_line(
    store: MongodbStore, one_line_error: OneLineError
) -> None:
    with one_line_error("nothing is published there; run lookalike publish"):
        store.current()


@pytest.mark.parametrize("metric", ["angular", "euclidean"])
def test_a_published_version_answers_as_the_index_does(
    store: MongodbStore, make: MakeIndex, metric: Metric
) -> None:
    index = make(40, metric=metric)
    assert store.publish(index, {}, 2, rewrite=False).new == 40
    gallery = StoreGallery(store.current())
    query = np.random.default_rng(5).normal(size=8).astype(np.float32)
    for where in (
        None,
        "label = 'cat' AND width > 5",
        "width < 0",
        "path LIKE '%1.png'",
        "\"$a.b\" = 'a'",
        "thumbnail > 7",
    ):
        selected = None if where is None else gallery.select(where)
        rows = None if where is None else matching_rows(index.metadata, where)
        found, expected = gallery.search(query, 10, selected), index.search(query, 10, rows)
        assert found.rows.tolist() == expected.rows.tolist()
        np.testing.assert_array_equal(found.similarities, expected.similarities)
    assert str(gallery.records([3, 0, 3])) == str(index.records([3, 0, 3]))
    assert gallery.row_of(index.ids[7]) == 7
    assert gallery.row_of("none") is None
    np.testing.assert_array_equal(gallery.vector(7), index.vectors.values[7])
    assert gallery.version.about.images == gallery.version.count() == len(index)
    verified = store.verify(index, {})
    assert (verified.images, verified.recall) == (40, 1)


def test_the_index_of_embeddings_is_built_before_the_version_is_current(
    store: MongodbStore,
    server: VectorSearch,
    database: Database[Document],
    seven: Index,
    nine: Index,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.publish(seven, {}, 1, rewrite=False)
    seen = []

    def look(_: Any) -> None:
        seen.append(current_version(database))

    monkeypatch.setattr("lookalike.publish.mongodb.search_index.time.sleep", look)
    server.indexes.clear()
    store.publish(nine, {}, 1, rewrite=False)
    assert len(seen) >= 4  # for the index, and for what is in it
    assert set(seen) == {version_of(seven)}
    [built] = server.of(database["images"]).values()
    vector, *filters = built["fields"]
    assert vector["numDimensions"] == 4
    paths = {field["path"] for field in filters}
    assert paths == {"version", "row", *METADATA_SCHEMA.names}
    assert store.current().about.version == version_of(nine)


def test_versions_of_one_kind_share_an_index_and_one_that_nobody_needs_is_dropped(
    store: MongodbStore,
    server: VectorSearch,
    database: Database[Document],
    seven: Index,
    nine: Index,
    make: MakeIndex,
) -> None:
    names = []
    for index, keep in ((seven, 1), (nine, 1), (make(7), 1), (make(7), 0)):
        store.publish(index, {}, keep, rewrite=False)
        names.append(sorted(server.of(database["images"])))
    server.of(database["images"])["theirs"] = {}
    assert names[0] == names[1]
    assert [len(each) for each in names] == [1, 1, 2, 1]
    assert names[3] != names[0]


def test_done_twice_nothing_is_written_and_no_effort_is_chosen_anew(
    store: MongodbStore,
    database: Database[Document],
    seven: Index,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.publish(seven, {}, 1, rewrite=False)
    before = database["indexes"].find_one()
    monkeypatch.setattr("lookalike.publish.mongodb.searching.least_effort", pytest.fail)
    monkeypatch.setattr("lookalike.publish.mongodb.searching.FEW_ROWS", 1)
    assert store.plan(seven, 1, rewrite=False).images == 0
    assert store.publish(seven, {}, 1, rewrite=False).new == 0
    assert database["indexes"].find_one() == before


def test_a_version_from_before_the_server_had_vector_search_is_made_for_it(
    plain: MongodbStore,
    monkeypatch: pytest.MonkeyPatch,
    tiny_index: Path,
    one_line_error: OneLineError,
) -> None:
    index = open_index(tiny_index)
    plain.publish(index, {}, 1, rewrite=False)
    with monkeypatch.context() as context:
        context.setattr("lookalike.publish.mongodb.search_index.PAUSE", 0)
        VectorSearch().install(context)
        for ask in (plain.current, lambda: plain.verify(index, {})):
            with one_line_error("has no search index: run lookalike publish"):
                ask()
        assert plain.plan(index, 1, rewrite=False).images == 120
        done = plain.publish(index, {}, 1, rewrite=False)
        assert (done.new, done.changed) == (0, 120)
        assert StoreGallery(plain.current()).thumbnail(7) == index.thumbnail(7)
        plain.verify(index, {})
    done = plain.publish(index, {}, 1, rewrite=False)
    assert (done.new, done.changed) == (0, 120)
    plain.verify(index, {})


def test_a_server_that_only_fails_to_list_indexes_is_not_taken_for_one_without(
    store: MongodbStore,
    database: Database[Document],
    seven: Index,
    nine: Index,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    store.publish(seven, {}, 1, rewrite=False)

    def fail(*_: Any) -> None:
        raise OperationFailure("Error connecting to Search Index Management service.", 125)

    monkeypatch.setattr(Collection, "list_search_indexes", fail)
    for ask in (store.current, lambda: store.publish(nine, {}, 1, rewrite=False)):
        with one_line_error("the server refuses"):
            ask()
    assert current_version(database) == version_of(seven)


def test_an_index_that_the_server_cannot_build_is_one_line_and_nothing_becomes_current(
    store: MongodbStore,
    server: VectorSearch,
    database: Database[Document],
    seven: Index,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    server.fails = True
    with one_line_error("cannot build the search index embedding_", "publish again"):
        store.publish(seven, {}, 1, rewrite=False)
    server.fails, server.late = False, 1000
    monkeypatch.setattr("lookalike.publish.mongodb.search_index.PATIENCE", 5)
    with one_line_error("its search index is not ready", "publish again"):
        store.publish(seven, {}, 1, rewrite=False)
    assert current_version(database) is None
    server.late = 0
    assert store.publish(seven, {}, 1, rewrite=False).new == 0
    assert store.verify(seven, {}).recall == 1


def test_what_is_removed_under_a_reader_is_one_line(
    store: MongodbStore,
    server: VectorSearch,
    seven: Index,
    nine: Index,
    one_line_error: OneLineError,
) -> None:
    store.publish(seven, {}, 0, rewrite=False)
    gallery = StoreGallery(store.current())
    query = seven.vectors.values[3]
    server.indexes.clear()
    with one_line_error("lacks images of this version, or its search index"):
        gallery.search(query, 3)
    store.publish(nine, {}, 0, rewrite=False)
    for where in (None, gallery.select("width > 1"), gallery.select("path LIKE '%'")):
        with one_line_error("this version was removed; open it again"):
            gallery.search(query, 3, where)


def test_an_image_that_others_changed_or_removed_is_one_line(
    store: MongodbStore, database: Database[Document], seven: Index, one_line_error: OneLineError
) -> None:
    store.publish(seven, {}, 0, rewrite=False)
    gallery = StoreGallery(store.current())
    database["images"].update_one({"row": 3}, {"$set": {"label": 7}})
    with one_line_error("hold what is not of an index", "--rewrite"):
        gallery.records([3])
    database["images"].update_one({"row": 3}, {"$set": {"embedding": b"short"}})
    with one_line_error("hold what is not of an index", "--rewrite"):
        gallery.vector(3)
    database["images"].delete_one({"row": 3})
    with one_line_error("lacks the rows '3'", "--rewrite"):
        gallery.records([3])


def test_an_index_by_dot_products_is_published_and_not_searched(
    store: MongodbStore, make: MakeIndex, one_line_error: OneLineError
) -> None:
    index = make(7, metric="dot")
    store.publish(index, {}, 0, rewrite=False)
    assert store.verify(index, {}).recall is None
    with one_line_error("has no search index", "where its metric is dot, name a store of"):
        store.current()


def test_of_many_images_the_search_takes_as_many_candidates_as_the_recall_needs(
    store: MongodbStore,
    server: VectorSearch,
    make: MakeIndex,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    for module in ("searching", "version"):
        monkeypatch.setattr(f"lookalike.publish.mongodb.{module}.FEW_ROWS", 100)
    monkeypatch.setattr("lookalike.publish.mongodb.searching.LEAST_EFFORT", 11)
    index = make(900)
    store.publish(index, {}, 0, rewrite=False)
    version = store.current()
    assert version.about.effort in {44, 88, 176}  # it misses 1 of so many
    assert (store.verify(index, {}).recall or 0) >= 0.98
    gallery = StoreGallery(version)
    query = index.vectors.values[500]
    server.stages.clear()
    wide, narrow = "label = 'cat'", "width < 20"
    for where, k in ((wide, 20), (narrow, 20), (wide, 300), (wide, 20_000)):
        rows = matching_rows(index.metadata, where)
        found = gallery.search(query, k, gallery.select(where))
        assert len(found.rows) == min(k, len(rows))
    exact = ["exact" in stage for stage in server.stages]
    assert exact == [False, True, False, True, False, True]
    assert gallery.search(query, 20, gallery.select(narrow)).rows.tolist() == (
        index.search(query, 20, np.arange(20)).rows.tolist()
    )
    like = gallery.select("path LIKE '%.png'")  # more rows than are named at once
    assert gallery.search(query, 20, like).rows.tolist() == index.search(query, 20).rows.tolist()
    assert version.nearest(query, 20, None, exact=True) == index.search(query, 20).rows.tolist()
    monkeypatch.setattr(MongodbVersion, "nearest", lambda *_, **__: [0])
    with one_line_error("recall@10 is 0.0", "run lookalike publish --rewrite"):
        store.verify(index, {})


def test_a_model_searches_there_by_images_as_it_does_here(
    store: MongodbStore, tiny_model: Path, tiny_index: Path, tiny_source: Path, tmp_path: Path
) -> None:
    whole = open_index(tiny_index)
    embeddings = whole.vectors.values
    whitening, model = learn_whitening(embeddings, 8), whole.description.model_sha256
    folder = tmp_path / "whitened"
    vectors = whitening(embeddings)
    build_index(vectors, whole.metadata, folder, Exact(), model, whitening=whitening)
    image = tiny_source / "3/03.png"
    for path in (tiny_index, folder):
        store.publish(open_index(path), {}, 1, rewrite=False)
        there, here = open_store_searcher(tiny_model, "mongodb"), open_searcher(tiny_model, path)
        for where in (None, "label != '3'"):
            theirs, ours = there.search(image, 3, where), here.search(image, 3, where)
            assert theirs.to_dict() == ours.to_dict()
            assert theirs.thumbnail(theirs.hits[0]) == ours.thumbnail(ours.hits[0])
        store.verify(open_index(path), {})
