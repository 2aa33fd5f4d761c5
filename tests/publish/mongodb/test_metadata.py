"""What is known of hits, from the database in which their index is published."""

from datetime import datetime
from pathlib import Path

import pytest
from pymongo.database import Database

from lookalike.core.errors import DataError
from lookalike.index.index import Index
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.metadata import PublishedMetadata
from lookalike.publish.mongodb.publisher import publish
from lookalike.publish.opening import with_published_metadata
from lookalike.search.queries import ById
from lookalike.search.searcher import open_searcher


@pytest.fixture
def address(
    database: Database[Document], mongodb_uri: str, monkeypatch: pytest.MonkeyPatch
) -> Database[Document]:
    """The database that MONGODB_URI names, empty."""
    monkeypatch.setenv("MONGODB_URI", f"{mongodb_uri}/{database.name}")
    return database


def test_records_are_those_of_the_index_in_its_order(
    address: Database[Document], seven: Index
) -> None:
    publish(seven, {}, 0, address)
    assert PublishedMetadata(seven).records([5, 0, 3]) == seven.records([5, 0, 3])
    assert PublishedMetadata(seven).records([]) == []


def test_what_was_written_into_documents_is_there_as_json(
    address: Database[Document], seven: Index
) -> None:
    publish(seven, {}, 0, address)
    changes = {"label": "dog", "taken": datetime(2020, 1, 2), "score": float("nan"), "n": [1]}
    address["images"].update_one({"path": "00002.png"}, {"$set": changes})
    [record] = PublishedMetadata(seven).records([2])
    expected = {"label": "dog", "taken": "2020-01-02 00:00:00", "score": None, "n": [1]}
    assert record == seven.records([2])[0] | expected


def test_another_version_that_is_current_is_one_line(
    address: Database[Document], seven: Index, nine: Index
) -> None:
    with pytest.raises(DataError, match=r"version none is current, .* run lookalike publish"):
        PublishedMetadata(seven)
    publish(nine, {}, 0, address)
    with pytest.raises(DataError, match=r"but the index here is [0-9a-f]{16}; run lookalike") as it:
        PublishedMetadata(seven)
    assert len(str(it.value).splitlines()) == 1


def test_a_document_that_is_missing_is_named(address: Database[Document], seven: Index) -> None:
    publish(seven, {}, 0, address)
    address["images"].delete_one({"path": "00002.png"})
    with pytest.raises(DataError, match=r"lacks .* run lookalike publish"):
        PublishedMetadata(seven).records([1, 2])


def test_a_search_tells_what_the_database_tells(
    address: Database[Document], tiny_model: Path, tiny_index: Path, tiny_export: Path
) -> None:
    searcher = open_searcher(tiny_model, tiny_index, export=tiny_export)
    publish(searcher.index, {}, 0, address)
    changes = {"$set": {"label": "three", "similarity": 7, "photographer": "Ada"}}
    address["images"].update_one({"path": "3/03.png"}, changes)
    row = next(r for r in range(120) if searcher.index.records([r])[0]["path"] == "3/03.png")
    published = with_published_metadata(searcher)
    hit = published.search(ById(searcher.index.ids[row]), k=1).hits[0]
    assert (hit.label, dict(hit.further)) == ("three", {"photographer": "Ada"})
    assert hit.similarity == pytest.approx(1)
