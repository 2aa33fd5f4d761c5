"""An opened index: searches, and tells what a row is."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.core.errors import QueryError
from lookalike.index.arrow import rows_array, text_scalar
from lookalike.index.description import IndexDescription
from lookalike.index.engines.engine import Engine
from lookalike.index.engines.registry import engine_kind
from lookalike.index.metadata import LENGTH
from lookalike.retrieval.exact_search import FEW_ROWS, ExactSearch
from lookalike.retrieval.vectors import Found, Vectors
from lookalike.retrieval.whitening import Whitening


class Hits(NamedTuple):
    """Rows of the index and their cosine similarity to the query, highest first.

    Attributes:
        rows: int64 `[k]`; of several queries `[n, k]`.
        similarities: float32, of the same shape.
    """

    rows: np.ndarray
    similarities: np.ndarray

    @classmethod
    def highest_first(cls, rows: np.ndarray, cosines: np.ndarray) -> "Hits":
        """Of one query or of several, in any order; of equal ones the lower row comes first."""
        order = np.lexsort((rows, -cosines))
        if order.ndim == 1:  # as below, which takes as long as everything else here together
            return cls(rows[order], cosines[order])
        return cls(*(np.take_along_axis(each, order, axis=-1) for each in (rows, cosines)))


class Index:
    """What `open_index` gives: row i of vectors, engine and metadata is the same image.

    It has six parameters, the parts of a bundle.

    Attributes:
        description: the content of `index.json`.
        vectors: the indexed vectors, memory-mapped.
        metadata: a row an image, memory-mapped: `METADATA_SCHEMA`, then further columns.
        whitening: what made the vectors of embeddings; None: they are the embeddings.
    """

    def __init__(
        self,
        description: IndexDescription,
        vectors: Vectors,
        engine: Engine,
        metadata: pa.Table,
        thumbnails: pa.Table | None,
        whitening: Whitening | None = None,
    ) -> None:
        self.description = description
        self.vectors = vectors
        self.metadata = metadata.drop_columns([LENGTH.name])
        self._engine = engine
        self._thumbnails = thumbnails
        self.whitening = whitening

    def __len__(self) -> int:
        return self.description.images

    @property
    def ids(self) -> list[str]:
        """The id of every image, in the order of the rows."""
        ids: list[str] = self.metadata["id"].to_pylist()
        return ids

    def row_of(self, image_id: str) -> int | None:
        """The row of an image; None where it is not indexed."""
        if any("\ud800" <= c <= "\udfff" for c in image_id):  # no text, which Arrow would refuse
            return None
        row: int = pc.index(self.metadata["id"], text_scalar(image_id)).as_py()
        return None if row < 0 else row

    def search(self, vector: np.ndarray, k: int, rows: np.ndarray | None = None) -> Hits:
        """The `k` images nearest to a vector, or all where there are fewer; equal ones by row.

        Args:
            vector: `[d]`.
            k: how many images.
            rows: look among these rows only, int64, rising: exactly where they are at most
                10,000, else through the engine, and exactly where that does not find enough.

        Raises:
            QueryError: the vector is of another size or not finite, or `k` is below 1.
        """
        vector = self.checked(vector, dimensions=1)
        k = self._most(k, rows)
        if k == 0:
            return Hits(np.empty(0, np.int64), np.empty(0, np.float32))
        if rows is None:
            found = self._engine.nearest(vector, k)
            if len(found.rows) < k:
                found = self._exact.nearest(vector, k)
        elif len(rows) <= FEW_ROWS:
            found = self._exact.nearest(vector, k, rows)
        elif self._filters:
            found = self._engine.nearest(vector, k, rows)
        else:
            found = self._filtered(vector, k, rows)
        cosines = found.cosines
        if cosines is None:
            cosines = self.vectors.cosines(vector, found.rows)
        return Hits.highest_first(found.rows, cosines)

    def search_many(self, vectors: np.ndarray, k: int, rows: np.ndarray | None = None) -> Hits:
        """As `search`, for several vectors `[n, d]` at once."""
        vectors = self.checked(vectors, dimensions=2)
        k = self._most(k, rows)
        if k == 0 or (rows is not None and len(rows) > FEW_ROWS):
            each = [self.search(vector, max(k, 1), rows) for vector in vectors]
            shape = len(vectors), k
            return Hits(
                np.array([hits.rows for hits in each], np.int64).reshape(shape),
                np.array([hits.similarities for hits in each], np.float32).reshape(shape),
            )
        if rows is not None:
            found = self._exact.nearest_of_each(vectors, k, rows)
        else:
            found = self._completed(self._engine.nearest_of_each(vectors, k), vectors, k)
        cosines = found.cosines
        if cosines is None:
            cosines = self.vectors.cosines(vectors, found.rows)
        return Hits.highest_first(found.rows, cosines)

    def records(self, rows: Sequence[int] | np.ndarray) -> list[dict[str, Any]]:
        """What is known of the images of some rows, in their order, by column."""
        records: list[dict[str, Any]] = self.metadata.take(rows_array(rows)).to_pylist()
        return records

    def thumbnail(self, row: int) -> bytes | None:
        """A small picture of a row's image, WebP; None where there is none."""
        if self._thumbnails is None:
            return None
        data: bytes | None = self._thumbnails["thumbnail"][row].as_py()
        return data

    @cached_property
    def _exact(self) -> ExactSearch:
        return ExactSearch(self.vectors, self.description.engine.metric)

    def _most(self, k: int, rows: np.ndarray | None) -> int:
        if k < 1:
            raise QueryError(f"k = {k}: ask for at least 1 neighbor")
        return min(k, len(self) if rows is None else len(rows))

    @property
    def _filters(self) -> bool:
        return engine_kind(self.description.engine).capabilities.filters

    def from_embedding(self, embedding: np.ndarray) -> np.ndarray:
        """The vector that searches for an embedding `[d]`: whitened, where the index is.

        Raises:
            QueryError: the embedding is of another size than the model's, or not finite.
        """
        embedding = checked_vectors(embedding, 1, self.description.embedding_dimension)
        if self.whitening is None:
            return embedding
        vector: np.ndarray = self.whitening(embedding[None])[0]
        return vector

    def checked(self, vectors: np.ndarray, dimensions: int) -> np.ndarray:
        """A vector (of 1 dimension) or several (of 2) as float32.

        Raises:
            QueryError: they are of another size than the indexed ones, or not finite.
        """
        return checked_vectors(vectors, dimensions, self.description.dimension)

    def _filtered(self, vector: np.ndarray, k: int, rows: np.ndarray) -> Found:
        """What the engine finds among many rows, asked for more and more, or exact search."""
        inside = np.zeros(len(self), bool)
        inside[rows] = True
        wanted = 2 * k * len(self) // len(rows)
        while wanted < len(self) // 2:
            found = self._engine.nearest(vector, wanted)
            kept = np.flatnonzero(inside[found.rows])[:k]
            if len(kept) == k:
                cosines = None if found.cosines is None else found.cosines[kept]
                return Found(found.rows[kept], cosines)
            wanted *= 2
        return self._exact.nearest(vector, k, rows)

    def _completed(self, found: Found, vectors: np.ndarray, k: int) -> Found:
        """With exact search for the queries of which the engine found too little."""
        short = (found.rows < 0).any(axis=1)
        if not short.any():
            return found
        exact = self._exact.nearest_of_each(vectors[short], k)
        found.rows[short] = exact.rows
        if found.cosines is None:
            return found
        found.cosines[short] = self.vectors.cosines(vectors[short], exact.rows)
        return found


def checked_vectors(vectors: np.ndarray, dimensions: int, length: int) -> np.ndarray:
    """A vector (of 1 dimension) or several (of 2), of `length` numbers each, as float32.

    Raises:
        QueryError: they are of another length, or not finite.
    """
    if vectors.ndim != dimensions or vectors.shape[-1] != length:
        raise QueryError(
            f"a vector of shape {list(vectors.shape)} cannot be searched for: this index is of "
            f"vectors of {length} numbers"
        )
    if vectors.dtype != np.float32 and not np.issubdtype(vectors.dtype, np.number):
        raise QueryError(f"a vector of {vectors.dtype} cannot be searched for")
    vectors = np.ascontiguousarray(vectors, np.float32)
    # A product with itself is the quickest look at every number of one vector; it may overflow
    looked = dimensions == 1 and math.isfinite(vectors.dot(vectors))
    if not looked and not np.isfinite(vectors).all():
        raise QueryError("a vector with numbers that are not finite cannot be searched for")
    return vectors
