"""The images of a version in a store, searched there: nothing of the index lies on this machine."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from lookalike.core.errors import DataError, QueryError
from lookalike.index.index import Hits, checked_vectors
from lookalike.publish.rows import ROW, THUMBNAIL, VECTOR, column_names
from lookalike.publish.store import OpenVersion
from lookalike.retrieval.vectors import Vectors
from lookalike.search.filter_parser import parse
from lookalike.search.filter_tree import Node
from lookalike.search.filters import Filter
from lookalike.terminal.listing import some_of


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

    @cached_property
    def images(self) -> pa.Table:
        """What is known of every image: for the facts of a service, which asks once."""
        found = self.version.take(range(len(self)), list(self._names.values()))
        return found.drop_columns([ROW]).rename_columns(list(self._names))

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
        if not rows:
            return []
        found = self.version.take(rows, list(self._names.values()))
        table = found.drop_columns([ROW]).rename_columns(list(self._names))
        records = dict(zip(found[ROW].to_pylist(), table.to_pylist(), strict=True))
        if lacking := sorted(set(rows) - set(records)):
            raise DataError(
                f"the store lacks the rows {some_of(lacking)}; lookalike publish mends it"
            )
        return [records[row] for row in rows]

    def thumbnail(self, row: int) -> bytes | None:
        """A small picture of a row's image, WebP; None where there is none."""
        data: bytes | None = self.version.take([row], [THUMBNAIL])[THUMBNAIL][0].as_py()
        return data

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
        order = np.lexsort((rows, -cosines))
        return Hits(rows[order], cosines[order])

    def search_many(self, vectors: np.ndarray, k: int, selected: Node | None = None) -> Hits:
        """As `search`, for several vectors `[n, d]`; all find equally many."""
        each = [self.search(vector, k, selected) for vector in vectors]
        fewest = min((len(hits.rows) for hits in each), default=0)
        shape = len(each), fewest
        return Hits(
            np.array([hits.rows[:fewest] for hits in each], np.int64).reshape(shape),
            np.array([hits.similarities[:fewest] for hits in each], np.float32).reshape(shape),
        )

    def _vectors(self, rows: list[int]) -> np.ndarray:
        """Embeddings of some rows, in their order, float32 `[n, d]`."""
        found = self.version.take(rows, [VECTOR])
        flat = found[VECTOR].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        place = {row: number for number, row in enumerate(found[ROW].to_pylist())}
        values: np.ndarray = flat.reshape(-1, self.dimension)[[place[row] for row in rows]]
        return values
