"""How fast a training was and how much memory it took: for people, never a stage's output."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class Timings:
    """Seconds spent in parts of a training, images learned from, and memory.

    A run that was interrupted counts what its last process did.

    Attributes:
        images: how many images were learned from.
    """

    def __init__(self) -> None:
        self.images = 0
        self._seconds: dict[str, float] = {}

    @contextmanager
    def measured(self, part: str) -> Iterator[None]:
        """Add the time that the block takes to a part."""
        start = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - start
            self._seconds[part] = self._seconds.get(part, 0.0) + taken

    def summary(self) -> dict[str, Any]:
        """The content of `metrics/timings/train.json`; memory in MB (10^6 bytes)."""
        training = self._seconds.get("training", 0.0)
        found: dict[str, Any] = {
            "images_per_second": round(self.images / training, 1) if training else None,
            "seconds": {part: round(taken, 2) for part, taken in self._seconds.items()},
            "peak_memory_mb": round(_peak_memory() / 1e6),
        }
        if torch.cuda.is_available():
            found["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated() / 1e6)
        return found


def _peak_memory() -> int:
    """The most memory that this process has held, in bytes; the system counts in its own units."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
