"""Small pictures of a revision's images, from its index: here, in the cache, or fetched."""

from functools import cached_property
from io import BytesIO
from pathlib import Path

from PIL import Image

from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import DataError, one_line
from lookalike.index.metadata import open_metadata_file
from lookalike.index.storage import METADATA, THUMBNAILS
from lookalike.index.thumbnails import open_thumbnails


class Thumbnails:
    """The pictures of one or more revisions; the first one that has an image shows it.

    Args:
        snapshots: the revisions; those whose thumbnails are not here are left out.
    """

    def __init__(self, *snapshots: Snapshot) -> None:
        self._tables = []
        for snapshot in snapshots:
            index = snapshot.project.index
            metadata, pictures = (
                snapshot.output(index / METADATA),
                snapshot.output(index / THUMBNAILS),
            )
            if metadata is not None and pictures is not None:
                self._tables.append(_Table(metadata, pictures))

    def __bool__(self) -> bool:
        return bool(self._tables)

    def encoded(self, id: str | None) -> bytes | None:
        """The thumbnail of an image, WebP; None where no revision here has one."""
        found = (table.encoded(id) for table in self._tables if id in table.row_of)
        return next((data for data in found if data is not None), None)

    def picture(self, id: str | None) -> Image.Image | None:
        """The same as an RGB image."""
        data = self.encoded(id)
        return None if data is None else Image.open(BytesIO(data)).convert("RGB")


class _Table:
    """The two files of one index, memory-mapped."""

    def __init__(self, metadata: Path, thumbnails: Path) -> None:
        try:
            self._ids = open_metadata_file(metadata)["id"]
            self._pictures = open_thumbnails(thumbnails)["thumbnail"]
        except (OSError, ValueError) as error:
            reason = one_line(error)
            raise DataError(f"{thumbnails}: no thumbnails of an index: {reason}") from None
        if len(self._ids) != len(self._pictures):
            raise DataError(f"{thumbnails}: is not of the same index as {metadata}")

    @cached_property
    def row_of(self) -> dict[str | None, int]:
        return {id: row for row, id in enumerate(self._ids.to_pylist())}

    def encoded(self, id: str | None) -> bytes | None:
        data: bytes | None = self._pictures[self.row_of[id]].as_py()
        return data
