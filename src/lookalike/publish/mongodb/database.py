"""The database that `MONGODB_URI` names; its user and password are in no message."""

import os
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.uri_parser import parse_uri

from lookalike.core.errors import LookalikeError, one_line
from lookalike.publish.mongodb.documents import Document

URI = "MONGODB_URI"
EXAMPLE = "mongodb://user:password@host:27017/lookalike"
SCHEMES = ("mongodb://", "mongodb+srv://")
NAME = "lookalike"  # where the address names no database
PATIENCE = 10_000  # milliseconds until a server that does not answer is given up
UNANSWERED = 60_000  # milliseconds for one answer
WRONG_CREDENTIALS = {18, 8000}
NOT_ALLOWED = {13}


class Connection:
    """A client of the server; several threads may use it.

    Attributes:
        database: that which the address names.

    Raises:
        LookalikeError: there is no address, or it is none.
    """

    def __init__(self) -> None:
        uri = os.environ.get(URI, "").strip()
        if not uri:
            raise LookalikeError(f"{URI} is not set: it names the server, as in {EXAMPLE}")
        try:
            self._server = server_of(uri)
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of options that are unknown or have no such value
                self._client: MongoClient[Document] = MongoClient(uri, **_defaults(uri))
            self.database = self._client.get_default_database(
                NAME, write_concern=WriteConcern("majority")
            )
        except (PyMongoError, Warning, ValueError, TypeError):
            raise LookalikeError(
                f"{URI}: is no address of a MongoDB server, as in {EXAMPLE}, or has an unknown "
                "option; in a user or password, each of : / ? # [ ] @ % is percent-encoded"
            ) from None

    @contextmanager
    def told(self) -> Iterator[Database[Document]]:
        """The database; what goes wrong in this block is told in one line.

        Raises:
            LookalikeError: there is no server, no right to do that; or it goes away.
        """
        try:
            yield self.database
        except (PyMongoError, BSONError) as error:
            where = f"{self._server}/{self.database.name}"
            raise LookalikeError(f"{where}: {_reason(error)}") from None

    def close(self) -> None:
        """Give the sockets back."""
        self._client.close()


@contextmanager
def open_database() -> Iterator[Database[Document]]:
    """Connect while a block runs; see `Connection`."""
    with closing(Connection()) as connection, connection.told() as database:
        yield database


def server_of(uri: str) -> str:
    """The hosts that an address names, as pymongo reads them, without user and password.

    Raises:
        ValueError, PyMongoError: it is no address of a MongoDB server, or what stands in it before
            an `@` could be taken for the name of a host.
    """
    if not uri.startswith(SCHEMES):
        raise ValueError("no scheme")
    scheme, _, rest = uri.partition("://")
    hosts, _, more = rest.partition("?")[0].partition("/")
    if "@" in more or "@" in rest.partition("?")[2]:
        raise ValueError("an @ behind the hosts")
    nodes = parse_uri(f"mongodb://{hosts}")["nodelist"]
    named = scheme.endswith("+srv")  # the name of a list of hosts, which has no port
    return ",".join(host if named or port is None else f"{host}:{port}" for host, port in nodes)


def _defaults(uri: str) -> dict[str, Any]:
    """Time limits that the address does not set itself."""
    limits = {"serverSelectionTimeoutMS": PATIENCE, "socketTimeoutMS": UNANSWERED}
    return {name: limit for name, limit in limits.items() if name.lower() not in uri.lower()}


def _reason(error: PyMongoError | BSONError) -> str:
    """What went wrong, in words that hold nothing of the address."""
    if isinstance(error, BSONError):  # as a column whose name holds a null character
        return f"cannot hold that ({one_line(error)})"
    code = error.code if isinstance(error, OperationFailure) else None
    if code in WRONG_CREDENTIALS:
        return f"the server refuses the user or password in {URI}"
    if code in NOT_ALLOWED:
        return f"the server does not let this user do that; check the user in {URI} and its roles"
    if isinstance(error, ServerSelectionTimeoutError):
        return f"no MongoDB server answers there; start it, or check {URI}"
    if isinstance(error, AutoReconnect):
        return "the server went away; what was current stays current; publish again"
    details: Any = error.details if isinstance(error, OperationFailure) else None
    if isinstance(error, BulkWriteError):
        details = next(iter(error.details.get("writeErrors", [])), error.details)
    message = " ".join(str((details or {}).get("errmsg", "")).split())[:200]
    return f"the server refuses ({message or type(error).__name__})"
