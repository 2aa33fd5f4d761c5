"""Bundles to publish, and databases to publish them to."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pymongo
import pytest
from psycopg.sql import SQL, Identifier
from pymongo.database import Database

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.publish.mongodb.documents import Document
from services.servers import S3Server, Server


@pytest.fixture(scope="session")
def make_index(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Index]:
    """An index of images about which little is known: `make_index(images=7, seed=1)`."""

    def make(images: int, seed: int = 0) -> Index:
        folder = tmp_path_factory.mktemp("index")
        values = np.random.default_rng(seed).normal(size=(images, 4)).astype(np.float32)
        rows = [
            {
                "id": f"{(row * 7919) % 65536:04x}{seed}",  # not in the order of the rows
                "path": f"{row:05d}.png",
                "label": None if row % 3 else "cat",
                "source": f"photos/{row:05d}.png",
                "split": "train",
                "predicted_label": "cat",
                "width": 8,
                "height": 6,
            }
            for row in range(images)
        ]
        metadata = pa.Table.from_pylist(rows, METADATA_SCHEMA)
        return build_index(values, metadata, folder / "index", Exact(), "m" * 64)

    return make


@pytest.fixture(scope="session")
def seven(make_index: Callable[..., Index]) -> Index:
    """Seven images."""
    return make_index(7)


@pytest.fixture(scope="session")
def nine(make_index: Callable[..., Index]) -> Index:
    """Nine other images."""
    return make_index(9, seed=1)


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[Document]]:
    """An empty database, removed at the end."""
    with pymongo.MongoClient[Document](mongodb_uri) as client:
        name = f"lookalike-test-{uuid.uuid4().hex[:12]}"
        yield client[name]
        client.drop_database(name)


@pytest.fixture
def database_address(postgresql: Server) -> str:
    """An empty database of PostgreSQL."""
    name = f"lookalike-test-{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgresql.address, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return postgresql.address.replace("/postgres?", f"/{name}?")


@pytest.fixture
def bucket_address(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty prefix of a bucket; its keys are in the environment."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    s3.make_bucket("published")
    return f"s3://published/{uuid.uuid4().hex}"


@pytest.fixture(
    params=["lancedb", "postgresql", pytest.param("s3", marks=pytest.mark.full)],
)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind."""
    if request.param == "lancedb":
        return f"lancedb:{tmp_path / 'store'}"
    kind = {"postgresql": "database_address", "s3": "bucket_address"}[request.param]
    address: str = request.getfixturevalue(kind)
    return address
