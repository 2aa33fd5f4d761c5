"""Every candidate becomes a row of the image store or a rejection; nothing is dropped silently."""

import os
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.core.progress import track
from lookalike.images.decode import UndecodableImageError
from lookalike.images.inspect import Inspection, inspect
from lookalike.ingest.folder import Candidate

CANDIDATES_A_TASK = 16


class Rejection(NamedTuple):
    """A file that is not in the image store, and why."""

    path: str
    reason: str
    bytes: int


@dataclass
class Intake:
    """The rows of the image store, in the order of their paths, and a count of what happened.

    Iterate over `rows` once; the counts are complete when it ends.
    """

    source: str
    max_pixels: int
    workers: int
    rejected: list[Rejection] = field(default_factory=list)
    duplicates: int = 0
    label_conflicts: int = 0
    bytes_kept: int = 0
    labels: Counter[str | None] = field(default_factory=Counter)

    def rows(self, candidates: list[Candidate]) -> Iterator[dict[str, Any]]:
        """Yield a row for each usable image; of equal files the first path is kept.

        Raises:
            LookalikeError: none of the candidates is an image.
        """
        first: dict[str, Candidate] = {}
        for candidate, found, data in self._inspected(candidates):
            if isinstance(found, str):
                self.rejected.append(Rejection(_printable(candidate.path), found, len(data)))
            elif (kept := first.setdefault(found.id, candidate)) is not candidate:
                self.duplicates += 1
                self.label_conflicts += kept.label != candidate.label
                reason = f"duplicate of {kept.path}"
                self.rejected.append(Rejection(candidate.path, reason, len(data)))
            else:
                self.bytes_kept += len(data)
                self.labels[candidate.label] += 1
                yield self._row(candidate, found, data)
        if not first:
            example = self.rejected[0]
            raise LookalikeError(
                f"ingest.source: {self.source}: none of its {len(candidates)} files is a usable "
                f"image (the first, {example.path}: {example.reason})"
            )

    def summary(self) -> dict[str, int]:
        """The counts, under the keys of `metrics/ingest.json`."""
        images = sum(self.labels.values())
        return {
            "images": images,
            "classes": len(self.labels.keys() - {None}),
            "unlabelled": self.labels[None],
            "bytes": self.bytes_kept,
            "rejected": len(self.rejected) - self.duplicates,
            "duplicates": self.duplicates,
            "duplicates_with_another_label": self.label_conflicts,
        }

    def _row(self, candidate: Candidate, found: Inspection, data: bytes) -> dict[str, Any]:
        return {
            **found._asdict(),
            "path": candidate.path,
            "label": candidate.label,
            "source": f"{self.source}/{candidate.path}",
            "source_split": None,
            "image": data,
        }

    def _inspected(
        self, candidates: list[Candidate]
    ) -> Iterator[tuple[Candidate, Inspection | str, bytes]]:
        examine = partial(_examine, self.source, self.max_pixels)
        paths = [candidate.path for candidate in candidates]
        if self.workers == 0:
            yield from _joined(candidates, map(examine, paths))
            return
        with ProcessPoolExecutor(
            self.workers, mp_context=get_context("fork"), initializer=_end_with_stage
        ) as pool:
            try:
                results = pool.map(examine, paths, chunksize=CANDIDATES_A_TASK)
                yield from _joined(candidates, results)
            finally:
                pool.shutdown(cancel_futures=True)


def _joined(
    candidates: list[Candidate], results: Iterable[tuple[Inspection | str, bytes]]
) -> Iterator[tuple[Candidate, Inspection | str, bytes]]:
    followed = track(results, "ingesting", total=len(candidates))
    for candidate, (found, data) in zip(candidates, followed, strict=True):
        yield candidate, found, data


def _examine(source: str, max_pixels: int, path: str) -> tuple[Inspection | str, bytes]:
    """What is known of one file, or the reason why it is rejected; and its bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8", b""
    file = Path(source, path)
    try:
        if file.exists() and not file.is_file():  # reading a named pipe would wait for ever
            return "is not a regular file", b""
        data = file.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}", b""
    try:
        return inspect(data, max_pixels), data
    except UndecodableImageError as error:
        return str(error), data


def _printable(path: str) -> str:
    """A path as text that can be written: bytes that are not UTF-8 become `\\xff`."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _end_with_stage() -> None:
    """Let a worker end when its stage ends, in whatever way, and only then.

    An interrupt reaches workers too; one that stopped in the middle of handing over a result would
    leave the stage waiting for the rest. And the workers of a killed stage would wait for tasks for
    ever.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)

    def wait() -> None:
        if stage := parent_process():
            stage.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
