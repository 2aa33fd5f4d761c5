"""LanceDB as a store: every publisher writes a table of its own, then puts the pointer there.

Nobody sees a table before the pointer names it, and the pointer is replaced as a whole. So several
may publish at once, on storage without locks: each is whole, and whose pointer is the last is
current. What a killed publisher leaves is removed a day later, when it can be no one's at work.
"""

import re
import secrets
import time
from collections.abc import Iterator
from functools import partial

import lancedb
import pyarrow as pa
from lancedb.index import BTree, IvfFlat

from lookalike.core.errors import DataError, LookalikeError, NotReadyError
from lookalike.index.index import Index
from lookalike.publish.effort import least_effort
from lookalike.publish.lancedb.connection import Connection
from lookalike.publish.lancedb.version import DISTANCES, LancedbVersion
from lookalike.publish.plan import Plan, plan_from
from lookalike.publish.pointer import Pointer, StoredVersion
from lookalike.publish.rows import VECTOR, all_rows, table_schema
from lookalike.publish.store import Metrics, Published, Verified
from lookalike.publish.verification import verify_version
from lookalike.publish.version import version_of
from lookalike.retrieval.exact_search import FEW_ROWS
from lookalike.terminal.progress import track

POINTER, CONTENT = "current", "content"
TABLE = re.compile(r"images_[0-9a-f]{16}_(?P<written>[0-9a-f]+)_[0-9a-f]{8}")
DAY = 86_400  # seconds after which a publisher is no longer at work
LEAST_EFFORT = 4  # partitions


class LancedbStore:
    """Versions in a folder, or below a prefix of a bucket."""

    def __init__(self, place: str) -> None:
        self._connection = Connection(place)
        self.name = self._connection.name

    def publish(
        self, index: Index, metrics: Metrics, keep_versions: int, rewrite: bool
    ) -> Published:
        """See `Store`."""
        with self._connection.told() as database:
            version = None if rewrite else self._whole(_pointer(database), database, index)
            written = version is None
            if version is None:
                version = self._write(database, index)
            # Read again: others may have published meanwhile
            before = _pointer(database)
            now = before.moved_to(version.model_copy(update={"metrics": metrics}), keep_versions)
            content = pa.table({CONTENT: [now.model_dump_json()]})
            database.create_table(POINTER, content, mode="overwrite")
            _remove_others(database, before)
        removed = before.left_out_of(now)
        return Published(version.version, len(index) if written else 0, 0, removed)

    def plan(self, index: Index, keep_versions: int, rewrite: bool) -> Plan:
        """See `Store`."""
        if not self._connection.exists:  # else LanceDB would make the folder
            return plan_from(Pointer(), index, keep_versions, is_written=True)
        with self._connection.told() as database:
            pointer = _pointer(database)
            is_written = rewrite or self._whole(pointer, database, index) is None
        return plan_from(pointer, index, keep_versions, is_written)

    def verify(self, index: Index, metrics: Metrics) -> Verified:
        """See `Store`."""
        return verify_version(self, index, metrics)

    def current(self) -> LancedbVersion:
        """See `Store`."""
        current = None
        if self._connection.exists:  # else LanceDB would make the folder
            with self._connection.told() as database:
                current = _pointer(database).current
        if current is None:
            raise NotReadyError(f"{self.name}: nothing is published there; run lookalike publish")
        return LancedbVersion(self._connection, current)

    def close(self) -> None:
        """Nothing is held."""

    def _whole(
        self, pointer: Pointer, database: lancedb.DBConnection, index: Index
    ) -> StoredVersion | None:
        """The version of an index, where it is there with all its images."""
        version = pointer.find(version_of(index))
        if version is None or version.table not in _names(database):
            return None
        count = LancedbVersion(self._connection, version).count()
        return version if count == version.images else None

    def _write(self, database: lancedb.DBConnection, index: Index) -> StoredVersion:
        """A new table with everything; no pointer names it yet."""
        table = f"images_{version_of(index)}_{int(time.time()):x}_{secrets.token_hex(4)}"
        version = StoredVersion.of(index, table, {})
        schema = table_schema(version.schema, version.dimension)
        written = database.create_table(table, _batches(index), schema=schema)
        if (count := written.count_rows()) != len(index):
            raise LookalikeError(f"{self.name}: took {count} images of {len(index)}; publish again")
        written.create_index("id", config=BTree())
        if len(index) <= FEW_ROWS:
            return version
        partitions = max(1, round(len(index) ** 0.5))
        metric = DISTANCES[version.metric]
        written.create_index(
            VECTOR, config=IvfFlat(distance_type=metric, num_partitions=partitions)
        )
        find = LancedbVersion(self._connection, version).by_index
        effort = least_effort(index, lambda effort: partial(find, effort), LEAST_EFFORT, partitions)
        return version.model_copy(update={"effort": effort})


def _batches(index: Index) -> Iterator[pa.RecordBatch]:
    parts = -(-len(index) // 1000)
    for part in track(all_rows(index), "publishing", total=parts):
        yield from part.combine_chunks().to_batches()


def _names(database: lancedb.DBConnection) -> list[str]:
    names: list[str] = []
    page = database.list_tables()
    while page.page_token:
        names += page.tables
        page = database.list_tables(page_token=page.page_token)
    return [*names, *page.tables]


def _pointer(database: lancedb.DBConnection) -> Pointer:
    if POINTER not in _names(database):
        return Pointer()
    table = database.open_table(POINTER)
    try:
        (content,) = table.to_arrow()[CONTENT].to_pylist()
        return Pointer.model_validate_json(content)
    except (KeyError, ValueError):  # pydantic's is one, too
        raise DataError(
            f"{database.uri}: its table {POINTER} is not lookalike's, so nothing is published "
            "there; name another folder"
        ) from None


def _remove_others(database: lancedb.DBConnection, before: Pointer) -> None:
    """Remove what the pointer named before, and what was left a day ago; not what it names now."""
    named = {version.table for version in _pointer(database).versions}
    earlier = {version.table for version in before.versions}
    for table in _names(database):
        ours = TABLE.fullmatch(table)
        if ours is not None and table not in named:
            age = time.time() - int(ours["written"], 16)
            if table in earlier or age > DAY:
                database.drop_table(table)
