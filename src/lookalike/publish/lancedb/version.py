"""A version in LanceDB, to be asked: the rows of a table, near a vector and by filters."""

from collections.abc import Sequence
from typing import Literal, cast

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.query import LanceVectorQueryBuilder

from lookalike.publish.lancedb.condition import condition_of
from lookalike.publish.lancedb.connection import Connection
from lookalike.publish.pointer import StoredVersion
from lookalike.publish.rows import ROW, VECTOR, column_names
from lookalike.retrieval.exact_search import FEW_ROWS, Metric
from lookalike.search.filter_tree import Node

DISTANCES: dict[Metric, Literal["cosine", "l2", "dot"]] = {
    "angular": "cosine",
    "euclidean": "l2",
    "dot": "dot",
}


class LancedbVersion:
    """A version, as it was when it was opened; it stays as it is until it is removed."""

    def __init__(self, connection: Connection, about: StoredVersion) -> None:
        self.about = about
        self._connection = connection
        self._names = column_names(about.schema)
        with connection.told() as database:
            self._table: lancedb.Table = database.open_table(about.table)

    def count(self) -> int:
        """See `OpenVersion`."""
        return self._count(None)

    def nearest(self, query: np.ndarray, k: int, where: Node | None, exact: bool) -> list[int]:
        """See `OpenVersion`; a filter that few rows pass is exact, and so is what finds too few."""
        condition = None if where is None else condition_of(where, self._names)
        exact = exact or not self.about.effort
        if not exact and condition is not None:
            exact = self._count(condition) <= FEW_ROWS
        if not exact and len(rows := self._found(query, k, condition, self.about.effort)) == k:
            return rows
        return self._found(query, k, condition, 0)

    def row_of(self, image_id: str) -> int | None:
        """See `OpenVersion`."""
        quoted = image_id.replace("'", "''")
        with self._connection.told():
            found = self._table.search().where(f"id = '{quoted}'").select([ROW]).to_arrow()
        rows: list[int] = found[ROW].to_pylist()
        return rows[0] if rows else None

    def take(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """See `OpenVersion`; a row is where it was written, since none is ever removed."""
        count = self.count()
        there = [row for row in sorted(set(rows)) if row < count]
        with self._connection.told():
            return self._table.take_offsets(there).select([ROW, *columns]).to_arrow()

    def by_index(self, effort: int, query: np.ndarray, k: int) -> list[int]:
        """As `nearest` without a filter, by the index alone, with another effort."""
        return self._found(query, k, None, effort)

    def _count(self, condition: str | None) -> int:
        with self._connection.told():
            count: int = self._table.count_rows(condition)
            return count

    def _found(self, query: np.ndarray, k: int, condition: str | None, effort: int) -> list[int]:
        """By the index, looking into `effort` of its partitions; 0: at every row."""
        with self._connection.told():
            asked = cast(LanceVectorQueryBuilder, self._table.search(query, VECTOR))
            asked = asked.distance_type(DISTANCES[self.about.metric]).select([ROW, "_distance"])
            asked = asked.nprobes(effort) if effort else asked.bypass_vector_index()
            if condition is not None:
                asked = asked.where(condition, prefilter=True)
            found = asked.limit(k).to_arrow()
        rows: list[int] = found[ROW].to_pylist()
        return rows
