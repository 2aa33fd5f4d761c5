"""A version in MongoDB, to be asked: its documents, near a vector and by filters."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from pymongo.database import Database

from lookalike.core.errors import DataError, NotReadyError
from lookalike.publish.mongodb.condition import comparisons, condition_of, is_plain
from lookalike.publish.mongodb.documents import (
    FLOAT32_HEADER,
    IMAGES,
    INDEXES,
    LITTLE_ENDIAN,
    SEARCHED_FIELDS,
    Document,
    image_key,
    keys_of,
)
from lookalike.publish.pointer import StoredVersion
from lookalike.publish.rows import ROW, VECTOR, column_names, table_schema
from lookalike.retrieval.exact_search import FEW_ROWS
from lookalike.search.filter_tree import Node
from lookalike.search.filters import expression_of, matching_rows

Told = Callable[[], AbstractContextManager[Database[Document]]]

MOST_EFFORT = 10_000  # the most that numCandidates may be


class MongodbVersion:
    """A version, as it was when it was opened; it stays as it is until it is removed.

    Args:
        told: gives the database, and tells in one line what goes wrong there.
        search: what publishing noted for searches.
    """

    def __init__(self, told: Told, search: Document) -> None:
        self.about = StoredVersion.model_validate(search["about"])
        self._told = told
        self._index = search["index"]
        self._filters = frozenset(search["filters"])
        self._schema = table_schema(self.about.schema, self.about.dimension)
        names = column_names(self.about.schema)
        self._fields = {stored: name for name, stored in names.items()} | SEARCHED_FIELDS
        self._columns: dict[str, pa.ChunkedArray] = {}

    def count(self) -> int:
        """See `OpenVersion`."""
        with self._told() as database:
            return database[IMAGES].count_documents({"_id": keys_of(self.about.version)})

    def nearest(self, query: np.ndarray, k: int, where: Node | None, exact: bool) -> list[int]:
        """See `OpenVersion`; a filter that few rows pass is exact, and so is what finds too few.

        What the server cannot filter by is looked at here, and the rows that pass are named to it.
        """
        k = min(k, self.about.images)
        condition = None if where is None else condition_of(where, self._filters)
        if where is not None and condition is None:
            return self.nearest_of(query, k, self._matching(where))
        exact = exact or not self.about.effort or k > MOST_EFFORT
        if not exact and condition is not None:
            exact = self._is_small(condition)
        if not exact and len(rows := self._found(query, k, condition, self.about.effort)) == k:
            return rows
        rows = self._found(query, k, condition, 0)
        if not rows:
            self._check_there(is_expected=where is None)
        return rows

    def row_of(self, image_id: str) -> int | None:
        """See `OpenVersion`."""
        wanted = {"_id": image_key(self.about.version, image_id)}
        with self._told() as database:
            found = database[IMAGES].find_one(wanted, {ROW: 1})
        return None if found is None else found[ROW]

    def take(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """See `OpenVersion`.

        Raises:
            DataError: a document holds what is not of an index.
        """
        fields = [self._schema.field(name) for name in (ROW, *columns)]
        paths = [self._fields.get(field.name, field.name) for field in fields]
        # What is no plain name, a projection would take for a path or an operator
        shown = dict.fromkeys(paths, 1) if all(map(is_plain, paths)) else None
        documents: list[Document] = []
        with self._told() as database:
            for part in _parts(sorted(set(rows))):
                wanted = {"version": self.about.version, ROW: {"$in": part}}
                documents += database[IMAGES].find(wanted, shown)
            try:
                arrays = [
                    _array([document.get(path) for document in documents], field)
                    for path, field in zip(paths, fields, strict=True)
                ]
            except (ValueError, TypeError):  # Arrow's are such
                raise DataError(
                    f"{database.name}: documents of this version hold what is not of an index; "
                    "lookalike publish --rewrite mends it"
                ) from None
        return pa.table(arrays, pa.schema(fields))

    def by_index(self, effort: int, query: np.ndarray, k: int) -> list[int]:
        """As `nearest` without a filter, by the index alone, with another effort; 0: exactly."""
        return self._found(query, k, None, effort)

    def nearest_of(self, query: np.ndarray, k: int, rows: Sequence[int]) -> list[int]:
        """The nearest of some rows, exactly: a bounded number at a time."""
        search = partial(self._hits, query, k, effort=0)
        hits = [hit for part in _parts(rows) for hit in search({ROW: {"$in": part}})]
        return [hit[ROW] for hit in sorted(hits, key=lambda hit: (-hit["score"], hit[ROW]))[:k]]

    def _found(
        self, query: np.ndarray, k: int, condition: Document | None, effort: int
    ) -> list[int]:
        return [hit[ROW] for hit in self._hits(query, k, condition, effort)]

    def _hits(
        self, query: np.ndarray, k: int, condition: Document | None, effort: int
    ) -> list[Document]:
        """By the index, with `effort` candidates; 0: exactly."""
        own = {"version": {"$eq": self.about.version}}
        stage = {
            "index": self._index,
            "path": "embedding",
            "queryVector": query.tolist(),
            "filter": own if condition is None else {"$and": [own, condition]},
            "limit": k,
            **({"numCandidates": max(k, effort)} if effort else {"exact": True}),
        }
        shown = {"_id": 0, ROW: 1, "score": {"$meta": "vectorSearchScore"}}
        with self._told() as database:
            return list(database[IMAGES].aggregate([{"$vectorSearch": stage}, {"$project": shown}]))

    def _matching(self, where: Node) -> list[int]:
        """The rows that pass a filter, by the columns that it names, which are kept."""
        names = {leaf.column.name for leaf in comparisons(where)}
        if lacking := sorted(names - set(self._columns)):
            stored = column_names(self.about.schema)
            found = self.take(range(self.about.images), [stored[name] for name in lacking])
            found = found.sort_by(ROW)
            if len(found) < self.about.images:
                self._check_there(is_expected=True)
            self._columns |= {name: found[stored[name]] for name in lacking}
        table = pa.table({name: self._columns[name] for name in sorted(names)})
        rows: list[int] = matching_rows(table, expression_of(where)).tolist()
        return rows

    def _is_small(self, condition: Document) -> bool:
        """Whether few rows pass."""
        wanted = {"$and": [{"version": self.about.version}, condition]}
        with self._told() as database:
            return database[IMAGES].count_documents(wanted, limit=FEW_ROWS + 1) <= FEW_ROWS

    def _check_there(self, is_expected: bool) -> None:
        """Tell apart where nothing passes, and where nothing is there.

        Raises:
            NotReadyError: the version was removed; or images were expected, and none are indexed.
        """
        with self._told() as database:
            there = database[INDEXES].find_one({"_id": self.about.version, "whole": True})
            if there is None:
                raise NotReadyError(f"{database.name}: this version was removed; open it again")
            if is_expected:
                raise NotReadyError(
                    f"{database.name}: lacks images of this version, or its search index; "
                    "run lookalike publish"
                )


def _parts(rows: Sequence[int]) -> Iterator[list[int]]:
    """Rows, a bounded number at a time: a command has at most 16 MB."""
    for start in range(0, len(rows), FEW_ROWS):
        yield list(rows[start : start + FEW_ROWS])


def _array(values: list[Any], field: pa.Field) -> pa.Array:
    if field.name != VECTOR:
        return pa.array(values, field.type)
    size = field.type.list_size
    flat = [np.frombuffer(each[len(FLOAT32_HEADER) :], LITTLE_ENDIAN, size) for each in values]
    numbers = np.concatenate([np.empty(0, np.float32), *flat]).astype(np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(numbers), size)
