"""What is in a store, and publishers in processes of their own, which may be killed."""

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import lancedb
import psycopg
import pyarrow as pa

from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.publish.lancedb.connection import Connection

# What another process does: `python -c PUBLISHER INDEX ADDRESS DIES`; it is killed where it says
PUBLISHER = """
import os, signal, sys
from lookalike.core.errors import LookalikeError
from lookalike.index.storage import open_index
from lookalike.publish import addresses, pointer, rows

index, address, dies = sys.argv[1:]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
whole = rows.all_rows
def all_rows(index):
    for number, table in enumerate(whole(index)):
        if dies == str(number):
            die()
        yield table
rows.all_rows, rows.ROWS_AT_ONCE = all_rows, 3
if dies == "pointer":
    pointer.Pointer.moved_to = die
try:
    done = addresses.store_at(address).publish(open_index(index), {}, 1, False)
except LookalikeError as error:
    sys.exit(str(error))
print(done.version)
"""


def lancedb_at(address: str) -> AbstractContextManager[lancedb.DBConnection]:
    """The database of LanceDB at the address of a store."""
    return Connection(address.removeprefix("lancedb:")).told()


def tables(address: str) -> list[str]:
    """The tables of images in a store."""
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'lookalike'"
            names = [name for (name,) in connection.execute(query)]
    else:
        with lancedb_at(address) as database:
            names = database.list_tables().tables
    return [name for name in names if name.startswith("images")]


def drop(address: str, table: str) -> None:
    """Drop a table."""
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            connection.execute(f"DROP TABLE lookalike.{table}")
    else:
        with lancedb_at(address) as database:
            database.drop_table(table)


def delete_an_image(address: str) -> None:
    """Take row 2 out of the only version."""
    (table,) = tables(address)
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            connection.execute(f"DELETE FROM lookalike.{table} WHERE row = 2")
    else:
        with lancedb_at(address) as database:
            database.open_table(table).delete("row = 2")


def change_an_image(address: str) -> None:
    """Give row 5 of the only version another label."""
    (table,) = tables(address)
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            connection.execute(f"UPDATE lookalike.{table} SET label = 'dog' WHERE row = 5")
    else:
        with lancedb_at(address) as database:
            database.open_table(table).update(where="row = 5", values={"label": "dog"})


def publisher(index: Path, address: str, dies: str = "never") -> subprocess.Popen[str]:
    """Publish in a process of its own."""
    command = [sys.executable, "-c", PUBLISHER, str(index), address, dies]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def awkward_metadata(images: int, seed: int, texts: str, numbers: str) -> pa.Table:
    """Metadata with nulls, a quote, and two further columns: lists of texts, and numbers with NaN.

    Args:
        images: how many rows.
        seed: other ids.
        texts, numbers: what these columns are called.
    """
    rows = [
        {
            "id": f"{(row * 7919) % 65536:04x}{seed}",
            "path": f"{row:05d}.png",
            "label": None if row % 3 else "cat",
            "source": f"photos/{row:05d}.png",
            "split": "train",
            "predicted_label": "it's",
            "width": row,
            "height": 6,
        }
        for row in range(images)
    ]
    metadata = pa.Table.from_pylist(rows, METADATA_SCHEMA)
    tags = [["a", "b"] if row % 2 else [] for row in range(images)]
    metadata = metadata.append_column(texts, pa.array(tags, pa.list_(pa.string())))
    return metadata.append_column(numbers, pa.array([float("nan"), *range(1, images)]))
