"""The processes that examine files: those of this machine, or of a Ray cluster."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Protocol, TypeVar

from lookalike.cluster.cluster import Cluster, Needs
from lookalike.core.choices import MachineEngine
from lookalike.images.inspect import Inspection
from lookalike.images.worker import Limits, Worker

Examine = Callable[[bytes], Inspection]
Finding = Inspection | str

Found = TypeVar("Found", covariant=True)


class Answer(Protocol[Found]):
    """What will have been found."""

    def result(self) -> Found:
        """Wait for it."""


class Decoders(Protocol):
    """Processes that examine files.

    Attributes:
        slots: how many of them there are.
    """

    @property
    def slots(self) -> int: ...

    def submit(self, task: list[bytes]) -> Answer[list[Finding]]:
        """Have files examined by one of them: a finding each, see `Worker`."""


@contextmanager
def decoders(
    examine: Examine, workers: int, limits: Limits, engine: MachineEngine = "local"
) -> Iterator[Decoders]:
    """Start the processes, and end them.

    Args:
        examine: from bytes to facts; it is sent to the processes and may raise
            `UndecodableImageError`.
        workers: how many there are on this machine; at least one, which protects this process from
            what a file does to its decoder. A Ray cluster has one for each of its processors.
        limits: what each may use.
        engine: where they are.
    """
    if engine == "ray":
        yield Cluster(partial(_findings, examine, limits), Needs())
        return
    local = _LocalDecoders(examine, max(1, workers), limits)
    try:
        yield local
    finally:
        local.stop()


def _findings(examine: Examine, limits: Limits) -> Callable[[list[bytes]], list[Finding]]:
    """In a process of a cluster: what a process of its own, which may die, finds of files."""
    return Worker(examine, limits).findings


class _LocalDecoders:
    """A thread a worker, which waits for its answers."""

    def __init__(self, examine: Examine, slots: int, limits: Limits) -> None:
        self.slots = slots
        self._workers = [Worker(examine, limits) for _ in range(slots)]
        self._idle: SimpleQueue[Worker[Inspection]] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(slots)

    def submit(self, task: list[bytes]) -> Answer[list[Finding]]:
        return self._threads.submit(self._ask, task)

    def stop(self) -> None:
        """End the processes, also in the middle of a task."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.stop()
        self._threads.shutdown(wait=True)

    def _ask(self, files: list[bytes]) -> list[Finding]:
        worker = self._idle.get()
        try:
            return worker.findings(files)
        finally:
            self._idle.put(worker)
