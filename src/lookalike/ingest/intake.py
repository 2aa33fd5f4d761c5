"""Every candidate becomes a row of the image store or a rejection; nothing is dropped silently."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.images.inspect import Inspection
from lookalike.ingest.examine import Examined
from lookalike.ingest.source import Candidate

# What operating systems leave beside photographs; no sign of a source in disrepair.
SYSTEM_FILES = re.compile(r"(^|/)(__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
KINDS_NAMED = 3


class Rejection(NamedTuple):
    """A file that is not in the image store, and why."""

    path: str
    reason: str
    bytes: int


@dataclass
class Intake:
    """The rows of the image store, in the order of their paths, and a count of what happened.

    Iterate over `rows` once; the counts are complete when it ends.

    Args:
        equal_channels: refuse images with another number of channels than the first.
    """

    equal_channels: bool = False
    channels: int | None = None
    rejected: list[Rejection] = field(default_factory=list)
    duplicates: int = 0
    label_conflicts: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    bytes_kept: int = 0
    labels: Counter[str | None] = field(default_factory=Counter)

    def rows(self, files: Iterable[Examined]) -> Iterator[dict[str, Any]]:
        """Yield a row for each usable image; of equal files the first path, and its label, stay."""
        first: dict[str, Candidate] = {}
        for candidate, data, found in files:
            if isinstance(found, str):
                self._refuse(candidate, found, candidate.bytes)
            elif self.equal_channels and found.channels != (self.channels or found.channels):
                reason = f"{found.channels} bands, but the first image has {self.channels}"
                self._refuse(candidate, reason, len(data))
            elif (kept := first.setdefault(found.id, candidate)) is not candidate:
                self._note_duplicate(candidate, kept, len(data))
            else:
                self.channels = self.channels or found.channels
                self.bytes_kept += len(data)
                self.labels[candidate.label] += 1
                yield _row(candidate, found, data)

    def check_rejections(self, source: str, max_rejected_fraction: float) -> None:
        """Do nothing where enough of the source was usable.

        Raises:
            LookalikeError: nothing was, or more than the fraction was refused; the line says which
                kinds of trouble there were.
        """
        images, refused = sum(self.labels.values()), self.refused.total()
        files = images + refused + self.duplicates
        if images and refused <= max_rejected_fraction * files:
            return
        kinds = ", ".join(f"{n} x {kind}" for kind, n in self.refused.most_common(KINDS_NAMED))
        which = f"{kinds}; the first is {self.rejected[0].path}" if self.rejected else "no files"
        if not images:
            raise LookalikeError(
                f"ingest.source: {source}: none of its files is an image ({which})"
            )
        raise LookalikeError(
            f"ingest.source: {source}: {refused} of {files} files were refused, more than "
            f"ingest.max_rejected_fraction = {max_rejected_fraction:g} allows ({which}); "
            "data/rejected.csv lists them"
        )

    def summary(self) -> dict[str, int]:
        """The counts, under the keys of `metrics/ingest.json`."""
        return {
            "images": sum(self.labels.values()),
            "classes": len(self.labels.keys() - {None}),
            "unlabeled": self.labels[None],
            "bytes": self.bytes_kept,
            "rejected": len(self.rejected) - self.duplicates,
            "duplicates": self.duplicates,
            "duplicates_with_another_label": self.label_conflicts,
        }

    def _refuse(self, candidate: Candidate, reason: str, size: int) -> None:
        if SYSTEM_FILES.search(candidate.path):
            reason = "a file of the operating system"
        else:
            self.refused[_kind(reason)] += 1
        self.rejected.append(Rejection(_printable(candidate.path), reason, size))

    def _note_duplicate(self, candidate: Candidate, kept: Candidate, size: int) -> None:
        reason = f"duplicate of {kept.path}"
        if kept.label != candidate.label:
            self.label_conflicts += 1
            reason += f", which is kept as {kept.label or 'unlabeled'}"
        self.duplicates += 1
        self.rejected.append(Rejection(candidate.path, reason, size))


def _row(candidate: Candidate, found: Inspection, data: bytes) -> dict[str, Any]:
    return {
        **found._asdict(),
        "path": candidate.path,
        "label": candidate.label,
        "source": candidate.uri,
        "source_split": candidate.source_split,
        "image": data,
    }


def _kind(reason: str) -> str:
    """A reason without the numbers and details that tell one file from another."""
    return re.sub(r"\d+", "N", reason.partition(":")[0])


def _printable(path: str) -> str:
    """A path as text that can be written: bytes that are not UTF-8 become `\\xff`."""
    return os.fsencode(path).decode(errors="backslashreplace")
