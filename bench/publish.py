"""How many records a second `lookalike publish` writes.

    python -m bench.publish [--records 100000] [--dimension 384]

To the server that MONGODB_URI names, else to a SecantusDB of its own on loopback: a server written
in Python, whose processor time is the bound. Published three times: to an empty database, again
with nothing to change, and a second version beside the first. Beside it, the plain way: the same
documents, made beforehand, by `insert_many` into a collection without a second index.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from pymongo.database import Database

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.publish.database import URI, open_database
from lookalike.publish.documents import Document, batches, image_documents
from lookalike.publish.publisher import publish
from lookalike.publish.verification import verify
from services.servers import start_mongodb

MODEL = "0" * 64


def make_index(folder: Path, records: int, dimension: int, seed: int) -> Index:
    """An index of random vectors."""
    folder.mkdir()
    values = np.random.default_rng(seed).normal(size=(records, dimension)).astype(np.float32)
    names = [f"{row:064x}" for row in range(records)]
    columns = {
        "id": names,
        "path": [f"class/{row:07d}.jpg" for row in range(records)],
        "label": ["class"] * records,
        "source": [f"photos/class/{row:07d}.jpg" for row in range(records)],
        "split": ["train"] * records,
        "predicted_label": ["class"] * records,
        "width": [224] * records,
        "height": [224] * records,
    }
    metadata = pa.table(columns, METADATA_SCHEMA)
    return build_index(values, metadata, folder / "index", Exact(), MODEL)


def measure(what: str, records: int, work: Callable[[], object]) -> None:
    begin = time.perf_counter()
    work()
    seconds = time.perf_counter() - begin
    print(f"| {what} | {seconds:.1f} | {records / seconds:,.0f} |", flush=True)


def run(folder: Path, records: int, dimension: int) -> None:
    first = make_index(folder / "first", records, dimension, 0)
    second = make_index(folder / "second", records, dimension, 1)
    with open_database() as database:
        parts = [
            list(image_documents(first, "plain", rows)) for rows in batches(first, range(records))
        ]
        print(f"| {records:,} records, {dimension} numbers each | s | records/s |\n|---|---:|---:|")
        measure("plain insert_many", records, lambda: insert(database, parts))
        measure("publish to an empty database", records, lambda: publish(first, {}, 1, database))
        measure("publish again", records, lambda: publish(first, {}, 1, database))
        measure("publish a second version", records, lambda: publish(second, {}, 1, database))
        measure("publish --verify", records, lambda: verify(second, {}, database))


def insert(database: Database[Document], parts: list[list[Document]]) -> None:
    for part in parts:
        database["plain"].insert_many(part, ordered=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="records a second of lookalike publish")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=384)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as temporary:
        folder = Path(temporary)
        if URI in os.environ:
            run(folder, arguments.records, arguments.dimension)
            return
        server = start_mongodb(folder / "databases", folder / "log")
        try:
            os.environ[URI] = f"mongodb://{server.address}/bench"
            run(folder, arguments.records, arguments.dimension)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
