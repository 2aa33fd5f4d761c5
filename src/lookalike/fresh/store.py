"""What is kept of added and removed images, in a `SegmentFile`."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.core.errors import DataError, LookalikeError
from lookalike.fresh.image import Contents, FreshImage
from lookalike.fresh.segment_file import SegmentFile
from lookalike.retrieval.vectors import Vectors
from lookalike.search.segment import Segment

MOST_IMAGES = 10_000  # so few are searched exactly in a millisecond
MOST_BYTES = 2**30  # of all image files together
MOST_REMOVED = 100_000
REMEDY = "put them into the source, and run dvc repro"
RECORD = ("id", "path", "label", "source", "predicted_label", "width", "height")
LITTLE_ENDIAN = np.dtype("<f4")


class Store:
    """Every method raises LookalikeError where the file is broken or cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = SegmentFile(path)

    def token(self) -> str | None:
        """Another one after every change; None where there is no file."""
        return self._file.token()

    def contents(self, model_sha256: str, dimension: int) -> Contents:
        """What the file holds for the model that an index was built with."""
        if not self._file.is_there():
            return Contents(Segment.empty(dimension), 0, "")
        columns = ", ".join((*RECORD, "embedding", "thumbnail"))
        mine = f"SELECT {columns} FROM images WHERE model_sha256 = ? ORDER BY number"
        others = "SELECT count(*) FROM images WHERE model_sha256 != ?"
        with self._file.reading() as database:
            rows = database.execute(mine, [model_sha256]).fetchall()
            (stale,) = database.execute(others, [model_sha256]).fetchone()
            removed = [each for (each,) in database.execute("SELECT id FROM removed ORDER BY id")]
            (token,) = database.execute("SELECT token FROM token").fetchone()
        records = [dict(zip(RECORD, row[:-2], strict=True)) | {"split": None} for row in rows]
        values = np.frombuffer(b"".join(row[-2] for row in rows), LITTLE_ENDIAN)
        if len(values) != len(rows) * dimension:
            raise DataError(f"{self.path}: holds embeddings of another size; remove it")
        vectors = Vectors.measured(values.astype(np.float32).reshape(len(rows), dimension))
        thumbnails = [row[-1] for row in rows]
        return Contents(Segment(records, vectors, thumbnails, removed), stale, token)

    def file(self, image_id: str) -> bytes | None:
        """The bytes of an added image."""
        if not self._file.is_there():
            return None
        with self._file.reading() as database:
            query = "SELECT file FROM images WHERE id = ?"
            row: tuple[bytes] | None = database.execute(query, [image_id]).fetchone()
        return None if row is None else row[0]

    def ids(self) -> tuple[set[str], set[str]]:
        """Of all added images, whatever embedded them, and of the removed ones."""
        if not self._file.is_there():
            return set(), set()
        with self._file.reading() as database:
            added, removed = (
                {each for (each,) in database.execute(f"SELECT id FROM {table}")}
                for table in ("images", "removed")
            )
        return added, removed

    def stale(self, model_sha256: str) -> list[str]:
        """The ids of images that were embedded with another model."""
        if not self._file.is_there():
            return []
        with self._file.reading() as database:
            query = "SELECT id FROM images WHERE model_sha256 != ? ORDER BY number"
            return [each for (each,) in database.execute(query, [model_sha256])]

    def add(self, images: Sequence[FreshImage], model_sha256: str) -> None:
        """Add images, all or none; one that is there already stays as it is.

        Raises:
            LookalikeError: there would be too many.
        """
        with self._file.writing() as database:
            for image in images:
                embedding = image.embedding.astype(LITTLE_ENDIAN).tobytes()
                values = (*image[:7], model_sha256, embedding, image.thumbnail, image.file)
                database.execute(
                    "INSERT INTO images VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (id) DO NOTHING",
                    values,
                )
            self._restore(database, [image.id for image in images])
            count = "SELECT count(*), coalesce(sum(length(file)), 0) FROM images"
            number, size = database.execute(count).fetchone()
            if number > MOST_IMAGES or size > MOST_BYTES:
                raise LookalikeError(
                    f"{self.path}: would hold {number} images of {size} bytes, but takes at most "
                    f"{MOST_IMAGES} images of {MOST_BYTES} bytes; {REMEDY}"
                )

    def restore(self, ids: Sequence[str], label: str | None) -> None:
        """Let images be found again that were removed; those that were added get a new label."""
        with self._file.writing() as database:
            self._restore(database, ids)
            if label is not None:
                pairs = [(label, each) for each in ids]
                database.executemany("UPDATE images SET label = ? WHERE id = ?", pairs)

    def remove(self, ids: Sequence[str]) -> None:
        """Hide images from searches, also when a later index has them.

        Raises:
            LookalikeError: there would be too many of them.
        """
        with self._file.writing() as database:
            pairs = [(each,) for each in ids]
            database.executemany("DELETE FROM images WHERE id = ?", pairs)
            database.executemany("INSERT OR IGNORE INTO removed VALUES (?)", pairs)
            (number,) = database.execute("SELECT count(*) FROM removed").fetchone()
            if number > MOST_REMOVED:
                raise LookalikeError(
                    f"{self.path}: takes at most {MOST_REMOVED} removed images; take them out of "
                    "the source, and run dvc repro"
                )

    def embed(self, embeddings: dict[str, tuple[np.ndarray, str | None]], model: str) -> None:
        """Replace embeddings, and predicted labels, by those of another model."""
        with self._file.writing() as database:
            database.executemany(
                "UPDATE images SET embedding = ?, predicted_label = ?, model_sha256 = ? "
                "WHERE id = ?",
                [
                    (embedding.astype(LITTLE_ENDIAN).tobytes(), label, model, image_id)
                    for image_id, (embedding, label) in embeddings.items()
                ],
            )

    def forget(self, images: Sequence[str], removed: Sequence[str]) -> None:
        """Drop images and removals that are no longer of use."""
        with self._file.writing() as database:
            database.executemany("DELETE FROM images WHERE id = ?", [(each,) for each in images])
            database.executemany("DELETE FROM removed WHERE id = ?", [(each,) for each in removed])

    @staticmethod
    def _restore(database: sqlite3.Connection, ids: Sequence[str]) -> None:
        database.executemany("DELETE FROM removed WHERE id = ?", [(each,) for each in ids])
