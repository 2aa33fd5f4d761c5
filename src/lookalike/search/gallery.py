"""All images that can be found: those of an index, and of the segment beside it."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.index.index import Hits, Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.retrieval.exact_search import ExactSearch, Metric
from lookalike.retrieval.vectors import Vectors
from lookalike.search.segment import Segment

if TYPE_CHECKING:
    from lookalike.search.filters import Filter

Records = Callable[[Sequence[int]], list[dict[str, Any]]]


class Gallery:
    """An index and a segment, searched as one.

    The rows of the index come first, then those of the images that were added. An image that both
    have is the index's; one that was removed keeps its row, which no search finds.

    Args:
        index: the index.
        segment: what has changed since it was built; None: nothing.
        records: gives what is known of rows of the index; None: its own.

    Attributes:
        index: see above.
    """

    def __init__(
        self, index: Index, segment: Segment | None = None, records: Records | None = None
    ) -> None:
        segment = segment or Segment.empty(index.description.dimension)
        self.index = index
        self._given_records = records
        self._records = records or index.records
        merged = rows_of(index, [record["id"] for record in segment.records])
        self._segment = segment.without(set(merged))
        self._added = {record["id"]: row for row, record in enumerate(self._segment.records)}
        self._removed = np.array(sorted(rows_of(index, segment.removed).values()), np.int64)

    def __len__(self) -> int:
        return len(self.index) - len(self._removed) + len(self._added)

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return self.index.description.dimension

    @property
    def embedding_dimension(self) -> int:
        """Numbers of what the model gives."""
        return self.index.description.embedding_dimension

    def with_segment(self, segment: Segment | None) -> "Gallery":
        """One of the same index, with another segment; this one stays as it is."""
        return Gallery(self.index, segment, self._given_records)

    def with_records(self, records: Records) -> "Gallery":
        """One of the same index that knows of images what `records` gives."""
        return Gallery(self.index, records=records)

    @cached_property
    def metadata(self) -> pa.Table:
        """What is known of every row, as filters see it."""
        if not self._added:
            return self.index.metadata
        added = pa.Table.from_pylist(self._segment.records, METADATA_SCHEMA)
        return pa.concat_tables([self.index.metadata, added], promote_options="default")

    @cached_property
    def images(self) -> pa.Table:
        """What is known of every image that can be found."""
        if not len(self._removed):
            return self.metadata
        kept = np.ones(len(self.metadata), bool)
        kept[self._removed] = False
        return self.metadata.filter(pa.array(kept))

    @property
    def added(self) -> list[dict[str, Any]]:
        """What is known of the images that were added, in the order in which they came."""
        return self._segment.records

    def row_of(self, image_id: str) -> int | None:
        """The row of an image; None where there is none that can be found."""
        if image_id in self._added:
            return len(self.index) + self._added[image_id]
        row = self.index.row_of(image_id)
        return None if row is None or row in self._removed else row

    def is_added(self, row: int) -> bool:
        """Whether a row is of the segment, so that the image store does not have it."""
        return row >= len(self.index)

    def vector(self, row: int) -> np.ndarray:
        """The embedding of a row, float32 `[d]`."""
        values = self.index.vectors.values
        if self.is_added(row):
            values, row = self._segment.vectors.values, row - len(self.index)
        vector: np.ndarray = values[row]
        return vector

    def records(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What is known of the images of some rows, in their order, by column."""
        found = iter(self._records([row for row in rows if not self.is_added(row)]))
        columns = dict.fromkeys(self.index.metadata.column_names)
        return [
            columns | self._segment.records[row - len(self.index)]
            if self.is_added(row)
            else next(found)
            for row in rows
        ]

    def thumbnail(self, row: int) -> bytes | None:
        """A small picture of a row's image, WebP; None where there is none."""
        if self.is_added(row):
            return self._segment.thumbnails[row - len(self.index)]
        return self.index.thumbnail(row)

    def from_embedding(self, embedding: np.ndarray) -> np.ndarray:
        """See `Index.from_embedding`."""
        return self.index.from_embedding(embedding)

    def checked(self, vectors: np.ndarray, dimensions: int) -> np.ndarray:
        """See `Index.checked`."""
        return self.index.checked(vectors, dimensions)

    def select(self, where: "Filter") -> np.ndarray:
        """The rows that pass a filter, int64, rising; see `filters.matching_rows`."""
        from lookalike.search.filters import matching_rows  # Arrow's datasets take a while

        return matching_rows(self.metadata, where)

    def search(self, vector: np.ndarray, k: int, selected: np.ndarray | None = None) -> Hits:
        """The `k` images nearest to a vector; see `Index.search`."""
        vector = self.checked(vector, dimensions=1)
        if not self._added and not len(self._removed):
            return self.index.search(vector, k, selected)
        first = len(self.index)
        of_index, added = None, np.arange(len(self._added))
        if selected is not None:
            of_index, added = selected[selected < first], selected[selected >= first] - first
        found = np.sort(self._found_in_index(vector, k, of_index))
        added = np.sort(self._exact.nearest(vector, k, added).rows)
        candidates = Vectors(
            *(
                np.concatenate([ours.take(found, axis=0), theirs[added]])
                for ours, theirs in zip(self.index.vectors, self._segment.vectors, strict=True)
            )
        )
        best = ExactSearch(candidates, self._metric).nearest(vector, k).rows
        rows = np.concatenate([found, first + added])[best]
        return Hits.highest_first(rows, candidates.cosines(vector, best))

    def search_many(self, vectors: np.ndarray, k: int, selected: np.ndarray | None = None) -> Hits:
        """As `search`, for several vectors `[n, d]` at once."""
        if not self._added and not len(self._removed):
            return self.index.search_many(vectors, k, selected)
        each = [self.search(vector, k, selected) for vector in vectors]
        return Hits(*(np.stack(parts) for parts in zip(*each, strict=True)))

    @property
    def _metric(self) -> Metric:
        return self.index.description.engine.metric

    @cached_property
    def _exact(self) -> ExactSearch:
        return ExactSearch(self._segment.vectors, self._metric)

    def _found_in_index(self, vector: np.ndarray, k: int, rows: np.ndarray | None) -> np.ndarray:
        """Rows of the index, the `k` nearest that were not removed among them."""
        if rows is not None:
            kept = rows[~np.isin(rows, self._removed, assume_unique=True)]
            return self.index.search(vector, k, kept).rows
        most = k + len(self._removed)
        wanted = k
        while True:
            found = self.index.search(vector, wanted).rows
            there = found[~np.isin(found, self._removed, assume_unique=True)]
            if len(there) >= k or wanted == most:
                return there
            wanted = min(2 * wanted, most)


def rows_of(index: Index, ids: list[str]) -> dict[str, int]:
    """The rows of those ids that an index has."""
    if not ids:
        return {}
    places = pc.index_in(index.metadata["id"], value_set=pa.array(ids, pa.string()))
    rows = pc.indices_nonzero(pc.is_valid(places)).to_pylist()
    return {
        ids[place]: row for row, place in zip(rows, places.drop_null().to_pylist(), strict=True)
    }
