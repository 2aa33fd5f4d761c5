"""Decode files in worker processes, so that what one file does to its decoder harms no other."""

import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as TaskTimeoutError
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from lookalike.images.decode import UndecodableImageError
from lookalike.images.inspect import Inspection
from lookalike.ingest.read_ahead import ReadFile
from lookalike.ingest.source import Candidate

Examine = Callable[[bytes], Inspection]
Finding = Inspection | str

TASK_FILES = 16
TASK_BYTES = 2 * 2**20
TASKS_A_WORKER = 3

# A worker's memory: its libraries, and several copies of an image of deep pixels.
STARTED_BYTES = 2 * 2**30
PIXEL_BYTES = 48


class Examined(NamedTuple):
    """A candidate with its bytes, and what is known of them or why they are refused."""

    candidate: Candidate
    data: bytes
    found: Finding


class Limits(NamedTuple):
    """What a worker may use: seconds for one file, bytes of memory in all."""

    seconds: float
    memory: int

    @classmethod
    def for_images(cls, max_pixels: int, seconds: float) -> "Limits":
        """Enough memory for the largest image that is allowed."""
        return cls(seconds, STARTED_BYTES + PIXEL_BYTES * max_pixels)


def examined(
    files: Iterable[ReadFile], examine: Examine, workers: int, limits: Limits
) -> Iterator[Examined]:
    """Yield every file with what `examine` finds, in the order given.

    A file at which a worker dies, or which keeps it busy for longer than the limit, is refused; its
    neighbours are examined again. Decoders' own messages on stderr are dropped.

    Args:
        files: what to examine.
        examine: from bytes to facts; it is sent to the workers and may raise
            `UndecodableImageError`.
        workers: how many processes; 0 examines in this one, without any of the protection.
        limits: what a worker may use.
    """
    if workers == 0:
        for file in files:
            yield Examined(file.candidate, file.data, file.problem or _finding(examine, file.data))
        return
    with _workers(workers, limits) as pool:
        waiting: deque[tuple[list[ReadFile], ProcessFuture[list[Finding]]]] = deque()
        for task in _tasks(files):
            if len(waiting) >= TASKS_A_WORKER * workers:
                yield from _collect(*waiting.popleft(), pool, examine, limits)
            waiting.append((task, _schedule(pool, examine, task, limits)))
        while waiting:
            yield from _collect(*waiting.popleft(), pool, examine, limits)


def _tasks(files: Iterable[ReadFile]) -> Iterator[list[ReadFile]]:
    task: list[ReadFile] = []
    size = 0
    for file in files:
        task.append(file)
        size += len(file.data)
        if len(task) >= TASK_FILES or size >= TASK_BYTES:
            yield task
            task, size = [], 0
    if task:
        yield task


def _schedule(
    pool: ProcessPool, examine: Examine, task: list[ReadFile], limits: Limits
) -> ProcessFuture[list[Finding]]:
    data = [file.data for file in task if file.problem is None]
    return pool.schedule(_findings, args=(examine, data), timeout=limits.seconds)


def _collect(
    task: list[ReadFile],
    future: ProcessFuture[list[Finding]],
    pool: ProcessPool,
    examine: Examine,
    limits: Limits,
) -> Iterator[Examined]:
    try:
        findings = iter(future.result())
    except (ProcessExpired, TaskTimeoutError, MemoryError) as error:
        if len(task) > 1:  # one of them is to blame: ask for each alone
            for file in task:
                alone = _schedule(pool, examine, [file], limits)
                yield from _collect([file], alone, pool, examine, limits)
            return
        findings = iter([_blame(error, limits)])
    for file in task:
        found = file.problem or next(findings)
        yield Examined(file.candidate, file.data, found)


def _blame(error: BaseException, limits: Limits) -> str:
    if isinstance(error, TaskTimeoutError):
        return f"broken image: its decoder gave no answer in {limits.seconds:g} seconds"
    if isinstance(error, MemoryError):
        return "broken image: its decoder asks for too much memory"
    return "broken image: its decoder crashed"


def _findings(examine: Examine, files: list[bytes]) -> list[Finding]:
    return [_finding(examine, data) for data in files]


def _finding(examine: Examine, data: bytes) -> Finding:
    try:
        return examine(data)
    except UndecodableImageError as error:
        return str(error)


@contextmanager
def _workers(number: int, limits: Limits) -> Iterator[ProcessPool]:
    # Not forked from this process: it has threads that read, and a worker that dies is replaced
    # while they hold their locks.
    context = get_context("forkserver")
    # Libraries alone: Python's fork server does not look where this process does, and would preload
    # an installed Lookalike instead of this working tree's.
    context.set_forkserver_preload(["imagehash"])
    pool = ProcessPool(number, initializer=partial(_start, limits.memory), context=context)
    try:
        yield pool
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _start(memory: int) -> None:
    """Make a process a worker: quiet, bounded in memory, and ended by its stage alone.

    An interrupt reaches workers too; one that stopped in the middle of handing over a result would
    leave the stage waiting for the rest. And the workers of a killed stage would wait for tasks for
    ever.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # C libraries write there
    with suppress(ValueError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    def wait() -> None:
        if stage := parent_process():
            stage.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
