"""Bundles to publish and a database to publish them to."""

import uuid
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pymongo
import pytest
from pymongo.database import Database

from lookalike.index.bundle import IndexBundle
from lookalike.index.bundle_folder import open_bundle, write_bundle
from lookalike.index.metadata import FILE_SCHEMA
from lookalike.index.params import IndexParams
from lookalike.publish.documents import Document
from lookalike.retrieval.vectors import Vectors


@pytest.fixture(scope="session")
def make_bundle(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., IndexBundle]:
    """A bundle of images about which little is known: `make_bundle(images=7, seed=1)`."""

    def make(images: int, seed: int = 0) -> IndexBundle:
        folder = tmp_path_factory.mktemp("bundle")
        values = np.random.default_rng(seed).normal(size=(images, 4)).astype(np.float32)
        np.save(folder / "vectors.npy", values)
        lengths = Vectors.measured(values).lengths.tolist()
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
                "length": length,
            }
            for row, length in enumerate(lengths)
        ]
        metadata = pa.Table.from_pylist(rows, FILE_SCHEMA)
        params = IndexParams(engine="exact")
        write_bundle(folder / "index", folder / "vectors.npy", metadata, "m" * 64, params)
        return open_bundle(folder / "index", "m" * 64)

    return make


@pytest.fixture(scope="session")
def seven(make_bundle: Callable[..., IndexBundle]) -> IndexBundle:
    """Seven images."""
    return make_bundle(7)


@pytest.fixture(scope="session")
def nine(make_bundle: Callable[..., IndexBundle]) -> IndexBundle:
    """Nine other images."""
    return make_bundle(9, seed=1)


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[Document]]:
    """An empty database, removed at the end."""
    with pymongo.MongoClient[Document](mongodb_uri) as client:
        name = f"lookalike-test-{uuid.uuid4().hex[:12]}"
        yield client[name]
        client.drop_database(name)
