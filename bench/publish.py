"""How many records a second `lookalike publish` writes.

    python -m bench.publish [--records 20000] [--dimension 384] [--rounds 3]

To the server that MONGODB_URI names, else to a SecantusDB of its own on loopback: a server written
in Python, whose processor time is the bound. Each round has a database of its own and times, one
after the other: the plain way (the same documents, made beforehand, by `insert_many`, and the same
unique index), `publish` to an empty database, again with nothing to change, a second version beside
the first, and `--verify`. The ratios are medians over rounds.
"""

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from pymongo import ASCENDING
from pymongo.database import Database

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.publish.mongodb.database import URI, open_database
from lookalike.publish.mongodb.documents import Document, batches, image_documents
from lookalike.publish.mongodb.publisher import publish
from lookalike.publish.mongodb.verification import verify
from services.servers import start_mongodb

MODEL = "0" * 64
PLAIN, PUBLISH, AGAIN = "plain insert_many", "publish to an empty database", "publish again"


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


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def run(folder: Path, records: int, dimension: int, rounds: int) -> None:
    first = make_index(folder / "first", records, dimension, 0)
    second = make_index(folder / "second", records, dimension, 1)
    parts = [list(image_documents(first, "plain", rows)) for rows in batches(first, range(records))]
    took: dict[str, list[float]] = defaultdict(list)
    with open_database() as named:
        for number in range(rounds):
            database = named.client[f"{named.name}-{number}"]
            ways: dict[str, Callable[[], object]] = {
                PLAIN: partial(insert, database, parts),
                PUBLISH: partial(publish, first, {}, 1, database),
                AGAIN: partial(publish, first, {}, 1, database),
                "a second version beside the first": partial(publish, second, {}, 1, database),
                "publish --verify": partial(verify, second, {}, database),
            }
            for way, work in ways.items():
                took[way].append(seconds(work))
            named.client.drop_database(database.name)
    print(f"| {records:,} records, {dimension} numbers each | s | records/s |\n|---|---:|---:|")
    for way, each in took.items():
        print(f"| {way} | {median(each):.1f} | {records / median(each):,.0f} |")
    for faster, slower, words in ((PLAIN, PUBLISH, "of plain"), (PUBLISH, AGAIN, "of writing it")):
        ratios = [a / b for a, b in zip(took[faster], took[slower], strict=True)]
        print(f"{slower}: {median(ratios):.2f} times the speed {words}")


def insert(database: Database[Document], parts: list[list[Document]]) -> None:
    for part in parts:
        database["plain"].insert_many(part, ordered=False)
    database["plain"].create_index([("version", ASCENDING), ("path", ASCENDING)], unique=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="records a second of lookalike publish")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as temporary:
        folder = Path(temporary)
        if URI in os.environ:
            run(folder, arguments.records, arguments.dimension, arguments.rounds)
            return
        server = start_mongodb(folder / "databases", folder / "log")
        try:
            os.environ[URI] = f"mongodb://{server.address}/bench"
            run(folder, arguments.records, arguments.dimension, arguments.rounds)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
