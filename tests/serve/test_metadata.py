"""What is known of hits, from the database in which the served index is published."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pymongo
import pytest
from pymongo.database import Database
from tests.serve.conftest import Serving

from lookalike.core.errors import DataError
from lookalike.index.storage import open_index
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.publisher import publish
from lookalike.serve.app import create_app
from lookalike.serve.settings import Settings


@pytest.fixture
def database(mongodb_uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database[Document]]:
    """The database that MONGODB_URI names, empty; removed at the end."""
    name = f"lookalike-test-{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("MONGODB_URI", f"{mongodb_uri}/{name}")
    with pymongo.MongoClient[Document](mongodb_uri) as client:
        yield client[name]
        client.drop_database(name)


def test_hits_and_records_tell_what_the_database_tells(
    database: Database[Document], serving: Serving, tiny_index: Path, digit: bytes
) -> None:
    publish(open_index(tiny_index), {}, 0, database)
    changes = {"$set": {"label": "three", "photographer": "Ada"}}
    database["images"].update_one({"path": "3/03.png"}, changes)
    with serving(metadata="mongodb") as client:
        hit = client.post("/predict", files={"file": digit}, data={"k": "1"}).json()["hits"][0]
        record = client.get(f"/images/{hashlib.sha256(digit).hexdigest()}/metadata").json()
    for each in (hit, record):
        assert (each["label"], each["photographer"]) == ("three", "Ada")


def test_a_service_of_another_version_than_the_published_one_does_not_start(
    database: Database[Document], settings: Callable[..., Settings]
) -> None:
    with pytest.raises(DataError, match="version none is current"):
        create_app(settings(metadata="mongodb"))
