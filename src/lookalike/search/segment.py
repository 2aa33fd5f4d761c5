"""What has changed since an index was built: images added to it, and images taken out of it."""

from typing import Any, NamedTuple

import numpy as np

from lookalike.retrieval.vectors import Vectors


class Segment(NamedTuple):
    """Images beside an index, few enough for exact search.

    Attributes:
        records: what is known of each added image: the columns of `METADATA_SCHEMA`.
        vectors: their embeddings `[n, d]`, by the model of the index.
        thumbnails: WebP, or None.
        removed: ids of images that are not found any more, wherever they are.
    """

    records: list[dict[str, Any]]
    vectors: Vectors
    thumbnails: list[bytes | None]
    removed: list[str]

    @classmethod
    def empty(cls, dimension: int) -> "Segment":
        """Of an index that is as it was built."""
        return cls([], Vectors.measured(np.empty((0, dimension), np.float32)), [], [])

    def without(self, ids: set[str]) -> "Segment":
        """A segment that lacks some added images."""
        gone = [place for place, record in enumerate(self.records) if record["id"] in ids]
        if not gone:
            return self
        kept = [place for place, record in enumerate(self.records) if record["id"] not in ids]
        return self._replace(
            records=[self.records[place] for place in kept],
            vectors=self.vectors.without(np.array(gone)),
            thumbnails=[self.thumbnails[place] for place in kept],
        )
