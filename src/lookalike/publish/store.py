"""What every store of published versions does, whatever database it is."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from lookalike.index.index import Index
from lookalike.publish.plan import Plan
from lookalike.publish.pointer import StoredVersion
from lookalike.search.filter_tree import Node

Metrics = dict[str, Any]


class Published(NamedTuple):
    """What publishing did: images that were new, changed, and versions that were removed."""

    version: str
    new: int
    changed: int
    removed: list[str]


class Verified(NamedTuple):
    """A version that store and index agree on.

    Attributes:
        version: its name.
        images: how many it has.
        digest: sha256 over its images; how, is the store's.
        recall: recall@10 of the store's search against exact search; None: it was not asked.
    """

    version: str
    images: int
    digest: str
    recall: float | None = None


class OpenVersion(Protocol):
    """A version of a store, to be asked; several threads may do so."""

    @property
    def about(self) -> StoredVersion:
        """What the version is."""
        ...

    def count(self) -> int:
        """How many images there are."""
        ...

    def nearest(self, query: np.ndarray, k: int, where: Node | None, exact: bool) -> list[int]:
        """Up to `k` rows near a float32 vector `[d]` of those that pass a filter, nearest first.

        Args:
            query: the vector.
            k: how many rows.
            where: the filter; None: all rows pass.
            exact: look at every row.
        """
        ...

    def row_of(self, image_id: str) -> int | None:
        """The row of an image; None where there is none of this id."""
        ...

    def take(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Some columns of those rows that are there, in any order: the row first.

        Args:
            rows: which.
            columns: their names in the store, see `rows.table_schema`.
        """
        ...


class Store(Protocol):
    """Versions of an index, of which one is current."""

    @property
    def name(self) -> str:
        """Which store it is, for people; neither user nor password is in it."""
        ...

    def publish(
        self, index: Index, metrics: Metrics, keep_versions: int, rewrite: bool
    ) -> Published:
        """Make an index, whole, the current version; a reader sees the one before until then.

        Args:
            index: the index.
            metrics: what is told about it.
            keep_versions: how many earlier versions stay.
            rewrite: write every image though the version is there.

        Raises:
            LookalikeError: the store cannot be reached, refuses, or somebody else publishes.
        """
        ...

    def plan(self, index: Index, keep_versions: int, rewrite: bool) -> Plan:
        """What `publish` would do; nothing in the store changes.

        Raises:
            LookalikeError: as `publish`, but for another publisher, who is not looked for.
        """
        ...

    def verify(self, index: Index, metrics: Metrics) -> Verified:
        """Compare everything in the current version with an index.

        Raises:
            LookalikeError: they differ; the line names how.
        """
        ...

    def current(self) -> OpenVersion:
        """The version that is current now.

        Raises:
            LookalikeError: there is none, or the store cannot be reached.
        """
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
