"""An opened index: searches, and tells what a row is."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lookalike.index.description import IndexDescription
from lookalike.index.engine import Engine
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.index.vectors import TINY, Vectors

QUERIES_AT_ONCE = 64  # whose neighbours' vectors stay in the processor's cache
NOTHING = -2.0  # below every cosine


class Hits(NamedTuple):
    """Rows of the index and their cosine similarity to the query, highest first.

    Attributes:
        rows: int64 `[k]`; of several queries `[n, k]`, -1 where fewer were found.
        similarities: float32, of the same shape; 0 where the row is -1.
    """

    rows: np.ndarray
    similarities: np.ndarray


class IndexBundle:
    """What `open_bundle` gives: row i of vectors, engine and metadata is the same image."""

    def __init__(
        self,
        description: IndexDescription,
        vectors: Vectors,
        engine: Engine,
        metadata: pa.Table,
        thumbnails: pa.Table | None,
    ) -> None:
        self.description = description
        self.vectors = vectors
        self._engine = engine
        self._metadata = metadata.select(METADATA_SCHEMA.names)
        self._thumbnails = thumbnails
        self._inverse_lengths = vectors.inverse_lengths()

    def __len__(self) -> int:
        return self.description.images

    def search(self, query: np.ndarray, k: int) -> Hits:
        """Up to `k` images near a float32 vector `[d]`, by falling cosine similarity."""
        rows = self._engine.nearest(query, min(k, len(self)))
        rows.sort()  # so that equal similarities are ordered by row
        cosines = self.vectors.products(query, rows) * self._inverse_lengths[rows]
        cosines *= 1 / max(math.sqrt(query.dot(query)), TINY)
        order = (-cosines).argsort(kind="stable")
        return Hits(rows[order], cosines[order])

    def search_each(self, queries: np.ndarray, k: int) -> Hits:
        """As `search`, for several vectors `[n, d]` at once."""
        rows = self._engine.nearest_of_each(queries, min(k, len(self)))
        rows.sort(axis=1)
        cosines = np.empty(rows.shape, np.float32)
        for start in range(0, len(rows), QUERIES_AT_ONCE):
            block = slice(start, start + QUERIES_AT_ONCE)
            cosines[block] = self.vectors.products(queries[block], rows[block])
        cosines *= self._inverse_lengths[rows]
        cosines *= 1 / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), TINY)
        cosines[rows < 0] = NOTHING
        order = (-cosines).argsort(axis=1, kind="stable")
        rows, cosines = (np.take_along_axis(each, order, axis=1) for each in (rows, cosines))
        cosines[rows < 0] = 0
        return Hits(rows, cosines)

    def record(self, row: int) -> dict[str, Any]:
        """The metadata of a row, under the names of `METADATA_SCHEMA`."""
        return self.records_of([row])[0]

    def records_of(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """The metadata of some rows, in their order."""
        records: list[dict[str, Any]] = self._metadata.take(pa.array(rows, pa.int64())).to_pylist()
        return records

    def records(self) -> Iterator[dict[str, Any]]:
        """The metadata of every row, in order."""
        for batch in self._metadata.to_batches(max_chunksize=1024):
            yield from batch.to_pylist()

    def ids(self) -> list[str]:
        """The id of every image, in the order of the rows."""
        ids: list[str] = self._metadata["id"].to_pylist()
        return ids

    def thumbnail(self, row: int) -> bytes | None:
        """A small picture of a row's image, WebP; None where there is none."""
        if self._thumbnails is None:
            return None
        data: bytes | None = self._thumbnails["thumbnail"][row].as_py()
        return data
