"""What a searcher asks: the images of an index on this machine, or of a store elsewhere."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from lookalike.index.index import Hits

if TYPE_CHECKING:  # Arrow's datasets take a while
    from lookalike.search.filters import Filter


class Searchable(Protocol):
    """Images by row, each with a vector and with what is known of it."""

    def __len__(self) -> int: ...

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        ...

    @property
    def embedding_dimension(self) -> int:
        """Numbers of what the model gives, which is whitened where the index is."""
        ...

    @property
    def images(self) -> pa.Table:
        """What is known of every image that can be found."""
        ...

    @property
    def added(self) -> list[dict[str, Any]]:
        """What is known of the images that were added to an index."""
        ...

    def is_added(self, row: int) -> bool:
        """Whether a row is of an image that was added."""
        ...

    def row_of(self, image_id: str) -> int | None:
        """The row of an image; None where there is none that can be found."""
        ...

    def vector(self, row: int) -> np.ndarray:
        """The embedding of a row, float32 `[d]`."""
        ...

    def records(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What is known of the images of some rows, in their order, by column."""
        ...

    def thumbnail(self, row: int) -> bytes | None:
        """A small picture of a row's image, WebP; None where there is none."""
        ...

    def from_embedding(self, embedding: np.ndarray) -> np.ndarray:
        """See `Index.from_embedding`."""
        ...

    def checked(self, vectors: np.ndarray, dimensions: int) -> np.ndarray:
        """See `Index.checked`."""
        ...

    def select(self, where: "Filter") -> Any:
        """What passes a filter, in the form that searches take.

        Raises:
            QueryError: it is no such filter.
        """
        ...

    def search(self, vector: np.ndarray, k: int, selected: Any = None) -> Hits:
        """The `k` images nearest to a vector, of those that were selected; see `Index.search`."""
        ...

    def search_many(self, vectors: np.ndarray, k: int, selected: Any = None) -> Hits:
        """As `search`, for several vectors `[n, d]` at once."""
        ...
