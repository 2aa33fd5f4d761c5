"""PostgreSQL as a store: a version is built, indexed and made current in one transaction.

So a reader sees the version before, whole, until the new one is; and of a publisher that is killed,
the server leaves nothing. It lets one at a time publish.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from lookalike.core.errors import LookalikeError, NotReadyError
from lookalike.index.index import Index
from lookalike.publish.effort import least_effort
from lookalike.publish.plan import Plan, plan_from
from lookalike.publish.pointer import Pointer, StoredVersion
from lookalike.publish.postgresql.connection import Connection
from lookalike.publish.postgresql.table import check_texts, is_indexed, write_table
from lookalike.publish.postgresql.version import MOST_EFFORT, SCHEMA, PostgresqlVersion
from lookalike.publish.store import Metrics, Published, Verified
from lookalike.publish.verification import verify_version
from lookalike.publish.version import version_of
from lookalike.terminal.progress import say

POINTER = "pointer"
LEAST_EFFORT = 40
LOCK = 0x6C6F6F6B  # of publishers, within the database
TABLE = "^images_[0-9a-f]{16}_[0-9a-f]{8}$"
NO_PGVECTOR = "the server has no pgvector: install its extension 'vector' there first"
OTHERS = "5s"  # how long a publisher waits for another, or to remove a table, for its readers


class PostgresqlStore:
    """Versions in the schema `lookalike` of a database."""

    def __init__(self, address: str) -> None:
        self._connection = Connection(address)
        self.name = self._connection.name

    def publish(
        self, index: Index, metrics: Metrics, keep_versions: int, rewrite: bool
    ) -> Published:
        """See `Store`."""
        with self._connection.told() as connection, _alone(connection, self.name):
            _prepare(connection)
            with connection.transaction():
                pointer = _pointer(connection)
                version = None if rewrite else self._whole(connection, pointer, index)
                written = version is None
                if version is None:
                    version = self._write(connection, index)
                version = version.model_copy(update={"metrics": metrics})
                moved = pointer.moved_to(version, keep_versions)
                content = moved.model_dump_json()
                connection.execute("UPDATE lookalike.pointer SET content = %s", [content])
            removed = self._remove_others(connection, pointer, moved)
        return Published(version.version, len(index) if written else 0, 0, removed)

    def plan(self, index: Index, keep_versions: int, rewrite: bool) -> Plan:
        """See `Store`."""
        check_texts(index)
        with self._connection.told() as connection:
            pointer = Pointer()
            if _exists(connection, POINTER):
                pointer = _pointer(connection)
            elif not _has_pgvector(connection):
                raise LookalikeError(NO_PGVECTOR)
            is_written = rewrite or self._whole(connection, pointer, index) is None
        return plan_from(pointer, index, keep_versions, is_written)

    def verify(self, index: Index, metrics: Metrics) -> Verified:
        """See `Store`."""
        return verify_version(self, index, metrics)

    def current(self) -> PostgresqlVersion:
        """See `Store`."""
        with self._connection.told() as connection:
            current = _pointer(connection).current if _exists(connection, POINTER) else None
        if current is None:
            raise NotReadyError(f"{self.name}: nothing is published there; run lookalike publish")
        return PostgresqlVersion(self._connection, current)

    def close(self) -> None:
        """See `Store`."""
        self._connection.close()

    def _whole(
        self, connection: psycopg.Connection[Any], pointer: Pointer, index: Index
    ) -> StoredVersion | None:
        """The version of an index, where it is there with all its images."""
        version = pointer.find(version_of(index))
        if version is None or not _exists(connection, version.table):
            return None
        count = PostgresqlVersion(self._connection, version).count()
        return version if count == version.images else None

    def _write(self, connection: psycopg.Connection[Any], index: Index) -> StoredVersion:
        """A new table with everything; nobody else sees it yet."""
        table = f"images_{version_of(index)}_{secrets.token_hex(4)}"
        version = StoredVersion.of(index, table, {})
        write_table(connection, index, version)
        written = PostgresqlVersion(self._connection, version)
        if (count := written.count()) != len(index):
            raise LookalikeError(f"{self.name}: took {count} images of {len(index)}; publish again")
        if not is_indexed(version):
            return version
        effort = least_effort(
            index, lambda effort: partial(written.by_index, effort), LEAST_EFFORT, MOST_EFFORT
        )
        return version.model_copy(update={"effort": effort})

    def _remove_others(
        self, connection: psycopg.Connection[Any], before: Pointer, now: Pointer
    ) -> list[str]:
        """Remove every table that the pointer does not name; returns the names of versions."""
        kept = {version.table for version in now.versions}
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename ~ %s",
            [SCHEMA, TABLE],
        ).fetchall()
        for (table,) in tables:
            if table not in kept:
                try:
                    with connection.transaction():
                        connection.execute("SELECT set_config('lock_timeout', %s, true)", [OTHERS])
                        connection.execute(SQL("DROP TABLE {}").format(Identifier(SCHEMA, table)))
                except psycopg.errors.LockNotAvailable:
                    say(f"{self.name}: {table} is being read; the next publish removes it")
        return before.left_out_of(now)


@contextmanager
def _alone(connection: psycopg.Connection[Any], name: str) -> Iterator[None]:
    """Hold the lock of publishers; the server takes it from one that is killed."""
    try:
        with connection.transaction():
            connection.execute("SELECT set_config('lock_timeout', %s, true)", [OTHERS])
            connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    except psycopg.errors.LockNotAvailable:
        raise LookalikeError(
            f"{name}: another publisher is at work; try again when it is done"
        ) from None
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _prepare(connection: psycopg.Connection[Any]) -> None:
    """Make extension, schema and pointer where they are not there yet."""
    if _exists(connection, POINTER):  # then no right to create schemas is needed
        return
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
        raise LookalikeError(NO_PGVECTOR) from None
    with connection.transaction():
        connection.execute("CREATE SCHEMA IF NOT EXISTS lookalike")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS lookalike.pointer "
            "(one boolean PRIMARY KEY DEFAULT true CHECK (one), content jsonb NOT NULL)"
        )
        connection.execute(
            "INSERT INTO lookalike.pointer (content) VALUES (%s) ON CONFLICT DO NOTHING",
            [Pointer().model_dump_json()],
        )


def _has_pgvector(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server could make the extension."""
    found = connection.execute("SELECT FROM pg_available_extensions WHERE name = 'vector'")
    return found.fetchone() is not None


def _exists(connection: psycopg.Connection[Any], table: str) -> bool:
    found = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.{table}"]).fetchone()
    return found is not None and found[0] is not None


def _pointer(connection: psycopg.Connection[Any]) -> Pointer:
    row = connection.execute("SELECT content FROM lookalike.pointer").fetchone()
    return Pointer() if row is None else Pointer.model_validate(row[0])
