"""The images of a version in a store, searched there: nothing of the index lies on this machine."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from safetensors import SafetensorError
from safetensors.numpy import load

from lookalike.core.errors import DataError, QueryError
from lookalike.index.index import Hits, checked_vectors
from lookalike.publish.rows import ROW, THUMBNAIL, VECTOR, WHITENING, column_names
from lookalike.publish.store import OpenVersion
from lookalike.retrieval.vectors import Vectors
from lookalike.retrieval.whitening import Whitening
from lookalike.search.filter_parser import parse
from lookalike.search.filter_tree import Node
from lookalike.search.filters import Filter
from lookalike.terminal.listing import some_of

REMEDY = "lookalike publish --rewrite mends it"


class StoreGallery:
    """What a searcher asks, answered by a version of a store.

    Args:
        version: the version.
    """

    def __init__(self, version: OpenVersion) -> None:
        self.version = version
        self._about = version.about
        self._schema = version.about.schema
        self._names = column_names(self._schema)

    def __len__(self) -> int:
        return self._about.images

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return self._about.dimension

    @property
    def embedding_dimension(self) -> int:
        """Numbers of what the model gives."""
        return self._about.embedding_dimension

    @cached_property
    def images(self) -> pa.Table:
        """What is known of every image: for the facts of a service, which asks once."""
        return self._known(range(len(self)))

    @property
    def added(self) -> list[dict[str, Any]]:
        """None: a store is changed by publishing."""
        return []

    def is_added(self, row: int) -> bool:
        """No row is."""
        return False

    def row_of(self, image_id: str) -> int | None:
        """The row of an image; None where there is none."""
        if any("\ud800" <= c <= "\udfff" or c == "\0" for c in image_id):
            return None
        return self.version.row_of(image_id)

    def vector(self, row: int) -> np.ndarray:
        """The embedding of a row, float32 `[d]`."""
        vector: np.ndarray = self._vectors([row])[0]
        return vector

    def records(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What is known of the images of some rows, in their order, by column."""
        records: list[dict[str, Any]] = self._known(rows).to_pylist() if rows else []
        return records

    def thumbnail(self, row: int) -> bytes | None:
        """A small picture of a row's image, WebP; None where there is none."""
        data: bytes | None = self._taken([row], [THUMBNAIL])[THUMBNAIL][0].as_py()
        return data

    def from_embedding(self, embedding: np.ndarray) -> np.ndarray:
        """See `Index.from_embedding`."""
        embedding = checked_vectors(embedding, 1, self.embedding_dimension)
        if self._about.whitened_from is None:
            return embedding
        vector: np.ndarray = self._whitening(embedding[None])[0]
        return vector

    def checked(self, vectors: np.ndarray, dimensions: int) -> np.ndarray:
        """See `Index.checked`."""
        return checked_vectors(vectors, dimensions, self.dimension)

    def select(self, where: Filter) -> Node:
        """The filter, for the store to apply.

        Raises:
            QueryError: it is no text, or no filter.
        """
        if not isinstance(where, str):
            raise QueryError("where: a store takes the text of a filter, no Arrow expression")
        return parse(where, self._schema)

    def search(self, vector: np.ndarray, k: int, selected: Node | None = None) -> Hits:
        """The `k` images nearest to a vector, or fewer where fewer pass; equal ones by row."""
        vector = self.checked(vector, dimensions=1)
        if k < 1:
            raise QueryError(f"k = {k}: ask for at least 1 neighbor")
        rows = np.array(self.version.nearest(vector, k, selected, exact=False), np.int64)
        if not len(rows):
            return Hits(rows, np.empty(0, np.float32))
        cosines = Vectors.measured(self._vectors(rows.tolist())).cosines(
            vector, np.arange(len(rows))
        )
        return Hits.highest_first(rows, cosines)

    def search_many(self, vectors: np.ndarray, k: int, selected: Node | None = None) -> Hits:
        """As `search`, for several vectors `[n, d]`; all find equally many."""
        each = [self.search(vector, k, selected) for vector in vectors]
        fewest = min((len(hits.rows) for hits in each), default=0)
        shape = len(each), fewest
        return Hits(
            np.array([hits.rows[:fewest] for hits in each], np.int64).reshape(shape),
            np.array([hits.similarities[:fewest] for hits in each], np.float32).reshape(shape),
        )

    @cached_property
    def _whitening(self) -> Whitening:
        """It is stored beside the first image."""
        data = self._taken([0], [WHITENING])[WHITENING][0].as_py()
        try:
            return Whitening(**load(data))
        except (SafetensorError, TypeError):
            raise DataError(f"the store lacks the whitening; {REMEDY}") from None

    def _known(self, rows: Sequence[int]) -> pa.Table:
        """What is known of the images of some rows."""
        found = self._taken(rows, list(self._names.values()))
        return found.rename_columns(list(self._names))

    def _vectors(self, rows: Sequence[int]) -> np.ndarray:
        """Vectors of some rows, float32 `[n, d]`."""
        found = self._taken(rows, [VECTOR])[VECTOR].combine_chunks()
        values: np.ndarray = found.flatten().to_numpy(zero_copy_only=False)
        return values.reshape(-1, self.dimension)

    def _taken(self, rows: Sequence[int], columns: list[str]) -> pa.Table:
        """Some columns of some rows, in the order of these.

        Raises:
            DataError: the version is no longer whole.
        """
        found = self.version.take(rows, columns)
        places = {row: place for place, row in enumerate(found[ROW].to_pylist())}
        if lacking := sorted(set(rows) - set(places)):
            raise DataError(
                f"the store lacks the rows {some_of([str(row) for row in lacking])}; {REMEDY}"
            )
        return found.take([places[row] for row in rows]).drop_columns([ROW])
