"""A version in PostgreSQL, to be asked: the rows of a table, near a vector and by filters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from psycopg.sql import SQL, Composable, Composed, Identifier

from lookalike.publish.pointer import StoredVersion
from lookalike.publish.postgresql.condition import Condition, condition_of
from lookalike.publish.postgresql.connection import Connection
from lookalike.publish.rows import ROW, VECTOR, column_names, table_schema
from lookalike.retrieval.exact_search import FEW_ROWS
from lookalike.search.filter_tree import Node

SCHEMA = "lookalike"
MOST_EFFORT = 1000  # the most that hnsw.ef_search may be
DISTANCES = {
    "angular": SQL("embedding <=> %s::vector"),
    "euclidean": SQL("embedding <-> %s::vector"),
    "dot": SQL("embedding <#> %s::vector"),
}
# The angle to a vector of zeros is NaN: it counts as far as what is orthogonal
EXACT = SQL("COALESCE(NULLIF({}, 'NaN'::float8), 1)")
EVERYTHING = Condition(SQL("true"), [])


class PostgresqlVersion:
    """A version, as it was when it was opened; it stays as it is until it is removed."""

    def __init__(self, connection: Connection, about: StoredVersion) -> None:
        self.about = about
        self._connection = connection
        self._table = Identifier(SCHEMA, about.table)
        self._names = column_names(about.schema)
        self._schema = table_schema(about.schema, about.dimension)

    def count(self) -> int:
        """See `OpenVersion`."""
        return self._count(EVERYTHING, None)

    def nearest(self, query: np.ndarray, k: int, where: Node | None, exact: bool) -> list[int]:
        """See `OpenVersion`; a filter that few rows pass is exact, and so is what finds too few."""
        condition = EVERYTHING if where is None else condition_of(where, self._names)
        exact = exact or not self.about.effort or k > MOST_EFFORT
        if not exact and where is not None:
            exact = self._count(condition, FEW_ROWS + 1) <= FEW_ROWS
        if not exact and len(rows := self._indexed(query, k, condition)) == k:
            return rows
        return self._exact(query, k, condition)

    def row_of(self, image_id: str) -> int | None:
        """See `OpenVersion`."""
        statement = SQL("SELECT row FROM {} WHERE id = %s").format(self._table)
        found = self._ask(statement, [image_id])
        return found[0][0] if found else None

    def take(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """See `OpenVersion`."""
        statement = SQL("SELECT {} FROM {} WHERE row = ANY(%s)").format(
            SQL(", ").join(map(_selected, [ROW, *columns])), self._table
        )
        found = self._ask(statement, [list(rows)], binary=True)
        fields = [self._schema.field(name) for name in (ROW, *columns)]
        values = zip(*found, strict=True) if found else [()] * len(fields)
        return pa.table(
            [_column(each, field.type) for each, field in zip(values, fields, strict=True)],
            pa.schema(fields),
        )

    def by_index(self, effort: int, query: np.ndarray, k: int) -> list[int]:
        """As `nearest` without a filter, by the index alone, with another effort."""
        return self._indexed(query, k, EVERYTHING, effort)

    def _count(self, condition: Condition, most: int | None) -> int:
        statement = SQL(
            "SELECT count(*) FROM (SELECT FROM {} WHERE {} LIMIT %s) AS matching"
        ).format(self._table, condition.sql)
        count: int = self._ask(statement, [*condition.values, most])[0][0]
        return count

    def _exact(self, query: np.ndarray, k: int, condition: Condition) -> list[int]:
        distance = EXACT.format(DISTANCES[self.about.metric])
        statement = SQL("SELECT row FROM {} WHERE {} ORDER BY {}, row LIMIT %s").format(
            self._table, condition.sql, distance
        )
        values = [*condition.values, _text(query), k]
        return self._rows({"enable_indexscan": "off"}, statement, values)

    def _indexed(
        self, query: np.ndarray, k: int, condition: Condition, effort: int | None = None
    ) -> list[int]:
        distance = DISTANCES[self.about.metric]
        statement = SQL("SELECT row FROM {} WHERE {} ORDER BY {} LIMIT %s").format(
            self._table, condition.sql, distance
        )
        effort = max(k, self.about.effort if effort is None else effort)
        settings = {"hnsw.ef_search": str(effort), "hnsw.iterative_scan": "strict_order"}
        return self._rows(settings, statement, [*condition.values, _text(query), k])

    def _rows(self, settings: dict[str, str], statement: Composed, values: list[Any]) -> list[int]:
        with self._connection.told() as connection, connection.transaction():
            for name, value in settings.items():
                connection.execute("SELECT set_config(%s, %s, true)", [name, value])
            return [row for (row,) in connection.execute(statement, values)]

    def _ask(
        self, statement: Composed, values: list[Any], binary: bool = False
    ) -> list[tuple[Any, ...]]:
        with self._connection.told() as connection, connection.cursor(binary=binary) as cursor:
            return cursor.execute(statement, values).fetchall()


def _selected(column: str) -> Composable:
    return SQL("vector_send({})" if column == VECTOR else "{}").format(Identifier(column))


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if not pa.types.is_fixed_size_list(kind):
        return pa.array(values, kind)
    # Two numbers of 16 bits, then those of the vector, the most significant byte first
    numbers = [np.frombuffer(each, ">f4", offset=4) for each in values]
    flat = np.concatenate([np.empty(0), *numbers]).astype(np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), kind.list_size)


def _text(vector: np.ndarray) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(map(repr, vector.tolist()))}]"
