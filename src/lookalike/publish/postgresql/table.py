"""The table of a version: written by COPY, then indexed."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.sql import SQL, Identifier

from lookalike.core.errors import DataError
from lookalike.index.index import Index
from lookalike.publish.pointer import StoredVersion
from lookalike.publish.postgresql.version import SCHEMA
from lookalike.publish.rows import VECTOR, all_rows, table_schema
from lookalike.retrieval.exact_search import FEW_ROWS
from lookalike.terminal.progress import track

MOST_INDEXED = 2000  # numbers of a vector that pgvector's HNSW takes
OPERATORS = {"angular": "vector_cosine_ops", "euclidean": "vector_l2_ops", "dot": "vector_ip_ops"}
TYPES = {
    pa.string(): SQL('text COLLATE "C"'),
    pa.int32(): SQL("integer"),
    pa.int64(): SQL("bigint"),
    pa.float64(): SQL("double precision"),
    pa.list_(pa.string()): SQL('text[] COLLATE "C"'),
    pa.binary(): SQL("bytea"),
}


def is_indexed(version: StoredVersion) -> bool:
    """Whether its vectors get an HNSW index; few are searched exactly."""
    return version.images > FEW_ROWS and version.dimension <= MOST_INDEXED


def write_table(connection: psycopg.Connection[Any], index: Index, version: StoredVersion) -> None:
    """Create the table of a version and fill it, within the transaction of the caller.

    Raises:
        DataError: a text has a character that PostgreSQL's texts cannot have.
    """
    check_texts(index)
    table = Identifier(SCHEMA, version.table)
    schema = table_schema(version.schema, version.dimension)
    types = {**TYPES, schema.field(VECTOR).type: SQL("vector({})").format(version.dimension)}
    columns = [SQL("{} {}").format(Identifier(field.name), types[field.type]) for field in schema]
    connection.execute(SQL("CREATE TABLE {} ({})").format(table, SQL(", ").join(columns)))
    parts = -(-len(index) // 1000)
    with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(table)) as copy:
        for part in track(all_rows(index), "publishing", total=parts):
            for values in _rows(part):
                copy.write_row(values)
    connection.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY (row), ADD UNIQUE (id)").format(table))
    if is_indexed(version):
        connection.execute(
            SQL("CREATE INDEX ON {} USING hnsw (embedding {})").format(
                table, SQL(OPERATORS[version.metric])
            )
        )
    connection.execute(SQL("ANALYZE {}").format(table))


def _rows(part: pa.Table) -> Iterator[tuple[Any, ...]]:
    for record in part.to_pylist():
        record[VECTOR] = f"[{','.join(map(repr, record[VECTOR]))}]"
        yield tuple(record.values())


def check_texts(index: Index) -> None:
    """Refuse what PostgreSQL cannot hold.

    Raises:
        DataError: a text has a character that PostgreSQL's texts cannot have.
    """
    for field in index.metadata.schema:
        column = index.metadata[field.name]
        if pa.types.is_list(field.type):
            column = pc.list_flatten(column)
        if pa.types.is_string(column.type) and pc.any(pc.match_substring(column, "\0")).as_py():
            raise DataError(
                f"{field.name}: has a text with the character NUL, which PostgreSQL cannot hold"
            )
