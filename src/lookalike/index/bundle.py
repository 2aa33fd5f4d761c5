"""An opened index: searches, and tells what a row is."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lookalike.index.description import IndexDescription
from lookalike.index.engines.registry import Engine
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.retrieval.vectors import Vectors

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

    def __len__(self) -> int:
        return self.description.images

    def search(self, query: np.ndarray, k: int) -> Hits:
        """Up to `k` images near a float32 vector `[d]`, by falling cosine similarity."""
        rows, cosines = self._engine.nearest(query, min(k, len(self)))
        if cosines is None:
            cosines = self.vectors.cosines(query, rows)
        order = np.lexsort((rows, -cosines))  # equal ones by row
        return Hits(rows[order], cosines[order])

    def search_each(self, queries: np.ndarray, k: int) -> Hits:
        """As `search`, for several vectors `[n, d]` at once."""
        rows, cosines = self._engine.nearest_of_each(queries, min(k, len(self)))
        if cosines is None:
            cosines = self.vectors.cosines(queries, rows)
        order = np.lexsort((rows, -np.where(rows < 0, NOTHING, cosines)))
        rows, cosines = (np.take_along_axis(each, order, axis=1) for each in (rows, cosines))
        return Hits(rows, np.where(rows < 0, np.float32(0), cosines))

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
