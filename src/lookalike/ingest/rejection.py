"""A line of `data/rejected.csv`."""

import os
import re
from typing import NamedTuple

from lookalike.core.errors import shortened
from lookalike.ingest.source import Candidate


class Rejection(NamedTuple):
    """A file that is not in the image store, and why.

    Attributes:
        kind: `refused`, `dropped` by the corrections, `duplicate`, `service file` or `sidecar`; the
            first alone counts against the source.
        duplicate_of: the path of the equal file that is in the store.
        source_split: the subset that the source puts this file into, by the source's own name.
    """

    path: str
    reason: str
    bytes: int
    kind: str = "refused"
    duplicate_of: str | None = None
    source_split: str | None = None

    @property
    def kind_of_reason(self) -> str:
        """The reason without the numbers and details that tell one file from another."""
        return re.sub(r"(?<![\w-])\d+(?![\w-])", "N", self.reason.partition(":")[0])

    def printable(self) -> "Rejection":
        """The same with a path that can be written: bytes that are not UTF-8 become `\\xff`."""
        return self._replace(path=os.fsencode(self.path).decode(errors="backslashreplace"))


def rejection(candidate: Candidate, reason: str, size: int, kind: str = "refused") -> Rejection:
    """The rejection of a candidate."""
    reason = shortened(reason)
    return Rejection(candidate.path, reason, size, kind, source_split=candidate.source_split)
