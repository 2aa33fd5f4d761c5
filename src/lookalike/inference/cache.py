"""The embedding cache: what was computed before is not computed again.

One SQLite file for each key (see `cache_key`), one row an image. SQLite keeps a file intact when
its writer is killed, and lets several experiments use it at once. The least recently used files
that no process uses are evicted when together they outgrow their limit.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from lookalike.core.errors import LookalikeError
from lookalike.terminal.cache_lock import CacheLock, evict, files_by_age
from lookalike.terminal.progress import say

SUFFIX = ".sqlite"
# What a transaction of SQLite leaves beside its file when it is killed.
JOURNAL = "-journal"
SECONDS_TO_WAIT = 60.0
GIGABYTE = 10**9


class EmbeddingCache:
    """Vectors by image id, under one key.

    Use as a context manager.

    Args:
        folder: where the files of all keys are.
        key: names everything that can change a bit of a vector.
        width: the length of a vector.
        gigabytes: how much the folder may hold.

    Raises:
        LookalikeError: the file cannot be opened or is none of ours.
    """

    def __init__(self, folder: Path, key: str, width: int, gigabytes: float) -> None:
        self.path = folder / f"{key}{SUFFIX}"
        self._bytes = width * np.dtype(np.float32).itemsize
        self._limit = gigabytes * GIGABYTE
        self._full = False
        try:
            self._lock = CacheLock(self.path, shared=True)  # it is in use
            self._database = sqlite3.connect(self.path, timeout=SECONDS_TO_WAIT)
            with self._database:
                self._database.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (id TEXT PRIMARY KEY, vector BLOB NOT NULL)"
                )
            self.path.touch()
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType
    ) -> None:
        self._database.close()
        self._lock.release()
        self._evict()

    def known(self, ids: Sequence[str]) -> set[str]:
        """Those of the images that have a vector here; the vectors themselves are not read."""
        return {image_id for (image_id,) in self._select("id", ids)}

    def get(self, ids: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors, float32 `[width]`, of those of the images that are known."""
        found = self._select("id, vector", ids)
        return {image_id: np.frombuffer(vector, dtype=np.float32) for image_id, vector in found}

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Remember vectors, float32 `[n, width]`; where that fails, go on without."""
        if self._full:
            return
        rows = [(image_id, row.tobytes()) for image_id, row in zip(ids, vectors, strict=True)]
        try:
            if self.path.stat().st_size + vectors.nbytes > self._limit:
                self._full = True
                return
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except (OSError, sqlite3.Error) as error:
            self._full = True
            say(f"{self.path}: embeddings are no longer remembered ({error})")

    def _select(self, columns: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        marks = ",".join("?" * len(ids))
        query = f"SELECT {columns} FROM vectors WHERE id IN ({marks}) AND length(vector) = ?"
        try:
            return self._database.execute(query, [*ids, self._bytes]).fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from None

    def _evict(self) -> None:
        """Remove files, least recently used first, until the folder keeps within its limit.

        Those that another process uses stay, and so does this one.
        """
        paths = files_by_age(self.path.parent, f"*{SUFFIX}")
        sizes = {path: path.stat().st_size for path in paths if path.exists()}
        total = sum(sizes.values())
        for path, size in sizes.items():
            if total <= self._limit:
                return
            if path != self.path and evict(path, path.with_name(f"{path.name}{JOURNAL}")):
                total -= size

    def _broken(self, error: Exception) -> LookalikeError:
        return LookalikeError(f"{self.path}: cannot be used ({error}); it is safe to remove")
