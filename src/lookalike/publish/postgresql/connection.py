"""A connection to PostgreSQL; what goes wrong is told in one line without user and password.

An address names host and database. User and password come from where every program of PostgreSQL
takes them: `PGUSER`, `PGPASSWORD`, `PGPASSFILE`, `PGSERVICE`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from lookalike.core.errors import ConfigError, LookalikeError, NotReadyError

SCHEMES = ("postgresql://", "postgres://")
EXAMPLE = "postgresql://host:5432/lookalike"
PATIENCE = 10  # seconds until a server that does not answer is given up
CREDENTIALS = "user and password belong in PGUSER and PGPASSWORD, in .env or a ~/.pgpass file"


class Connection:
    """One connection, opened when it is needed and again where it was lost.

    Args:
        address: as in `EXAMPLE`.

    Attributes:
        name: host and database, for people.

    Raises:
        ConfigError: it is no address, or holds a password.
    """

    def __init__(self, address: str) -> None:
        try:
            parts = conninfo_to_dict(address)
        except psycopg.Error:
            raise ConfigError(
                f"no address of a PostgreSQL server, as in {EXAMPLE}, or it has an unknown option; "
                f"{CREDENTIALS}"
            ) from None
        if "password" in parts or "sslpassword" in parts:
            raise ConfigError(f"the address of a store holds a password: {CREDENTIALS}")
        self._address = address
        self._patience: dict[str, Any] = (
            {} if "connect_timeout" in parts else {"connect_timeout": PATIENCE}
        )
        host = parts.get("host") or parts.get("hostaddr") or "PGHOST"
        port = f":{parts['port']}" if "port" in parts else ""
        self.name = f"postgresql://{host}{port}/{parts.get('dbname') or ''}"
        self._one_at_a_time = RLock()
        self._connection: psycopg.Connection[Any] | None = None

    @contextmanager
    def told(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection; outside of transactions, each statement is one of its own.

        Raises:
            LookalikeError: there is no server, no right to do that; or it goes away.
        """
        try:
            with self._one_at_a_time:  # a transaction is one thread's
                yield self._open()
        except psycopg.Error as error:
            raise _told(self.name, error) from None

    def close(self) -> None:
        """Give it back."""
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._address, autocommit=True, application_name="lookalike", **self._patience
            )
            self._connection.execute("SET client_encoding = 'UTF8'")
            encoding = self._connection.execute("SHOW server_encoding").fetchone()
            if encoding != ("UTF8",):
                self._connection.close()
                raise ConfigError(f"{self.name}: the encoding of the database should be UTF8")
        return self._connection


def _told(name: str, error: psycopg.Error) -> LookalikeError:
    """What went wrong, in words that hold nothing of the address."""
    if isinstance(error, psycopg.errors.UndefinedTable):
        return NotReadyError(f"{name}: this version was removed, or none is published")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return LookalikeError(
            f"{name}: the server does not let this user do that; check its rights"
        )
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        reason = _why_not_connected(str(error))
        return LookalikeError(f"{name}: {reason}")
    message = error.diag.message_primary or type(error).__name__
    return LookalikeError(f"{name}: the server refuses ({' '.join(message.split())[:200]})")


def _why_not_connected(message: str) -> str:
    if "authentication failed" in message or "no password supplied" in message:
        return f"the server refuses the user or password; {CREDENTIALS}"
    if "does not exist" in message:
        return "there is no such database or user; create it first"
    if "closed" in message or "terminat" in message:
        return "the server went away; what was current stays current; try again"
    return "no PostgreSQL server answers there; start it, or check the address"
