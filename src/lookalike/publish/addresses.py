"""The stores that there are: from an address to the store; a new one is a line here."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from lookalike.core.errors import ConfigError
from lookalike.core.extras import extra
from lookalike.publish.store import Store

MONGODB = "mongodb"
KNOWN = (
    "mongodb (the address is in MONGODB_URI), postgresql://HOST/DATABASE, lancedb:FOLDER and s3://"
)


def _mongodb(_: str) -> Store:
    with extra("publish"):
        from lookalike.publish.mongodb.store import MongodbStore
    return MongodbStore()


def _postgresql(address: str) -> Store:
    with extra("pgvector"):
        from lookalike.publish.postgresql.store import PostgresqlStore
    return PostgresqlStore(address)


def _lancedb(address: str) -> Store:
    os.environ.setdefault("LANCE_LOG", "error")  # it warns of tables that it creates
    with extra("lancedb"):
        from lookalike.publish.lancedb.store import LancedbStore
    return LancedbStore(address.removeprefix("lancedb:"))


STORES: dict[str, Callable[[str], Store]] = {
    "postgresql://": _postgresql,
    "postgres://": _postgresql,
    "lancedb:": _lancedb,
    "s3://": _lancedb,
}


@contextmanager
def open_store(address: str) -> Iterator[Store]:
    """The store at an address, while a block runs.

    Raises:
        LookalikeError: there is no such store, or its package is not installed.
    """
    with closing(store_at(address)) as store:
        yield store


def store_at(address: str) -> Store:
    """As `open_store`, for whoever closes it."""
    if address == MONGODB:
        return _mongodb(address)
    for start, kind in STORES.items():
        if address.startswith(start):
            return kind(address)
    scheme = address.partition(":")[0]
    raise ConfigError(f"{scheme:.40}: there is no such store; there are {KNOWN}")
