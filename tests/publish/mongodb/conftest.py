"""Servers of MongoDB without and with vector search."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from pymongo.database import Database
from tests.publish.mongodb.vector_search import VectorSearch

from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.store import MongodbStore


@pytest.fixture
def plain(
    database: Database[Document], mongodb_uri: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MongodbStore]:
    """The store of a server without vector search."""
    monkeypatch.setenv("MONGODB_URI", f"{mongodb_uri}/{database.name}")
    with closing(MongodbStore()) as store:
        yield store


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> VectorSearch:
    """Vector search."""
    monkeypatch.setattr("lookalike.publish.mongodb.search_index.PAUSE", 0)
    server = VectorSearch()
    server.install(monkeypatch)
    return server


@pytest.fixture
def store(plain: MongodbStore, server: VectorSearch) -> MongodbStore:
    """The store of a server with vector search."""
    return plain
