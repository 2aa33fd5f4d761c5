"""Examine files side by side, in processes that may die, and hand them on in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import NamedTuple

from lookalike.images.inspect import Inspection
from lookalike.images.worker import Limits, Worker
from lookalike.ingest.read_ahead import ReadFile
from lookalike.ingest.source import Candidate

Examine = Callable[[bytes], Inspection]
Finding = Inspection | str

TASK_FILES = 16
TASK_BYTES = 2 * 2**20
TASKS_A_WORKER = 3
WAITING_BYTES_A_WORKER = 32 * 2**20


class Examined(NamedTuple):
    """A candidate with its bytes, and what is known of them; or no bytes, and why it is refused.

    The candidate's size is that of what was read, where anything was.
    """

    candidate: Candidate
    data: bytes
    found: Finding


def examined(
    files: Iterable[ReadFile], examine: Examine, workers: int, limits: Limits
) -> Iterator[Examined]:
    """Yield every file with what `examine` finds, in the order given.

    What waits for its answer holds at most `WAITING_BYTES_A_WORKER` for each worker; a larger file
    waits alone.

    Args:
        files: what to examine.
        examine: from bytes to facts; it is sent to the workers and may raise
            `UndecodableImageError`.
        workers: how many processes (see `Worker`); at least one, which protects this one from
            what a file does to its decoder.
        limits: what a worker may use.
    """
    workers = max(1, workers)
    most = WAITING_BYTES_A_WORKER * workers
    waiting: deque[tuple[list[ReadFile], Future[list[Finding]]]] = deque()
    held = 0
    with _pool(examine, workers, limits) as submit:
        for task in _tasks(files):
            size = _bytes(task)
            while waiting and (len(waiting) >= TASKS_A_WORKER * workers or held + size > most):
                held -= _bytes(waiting[0][0])
                yield from _answered(*waiting.popleft())
            waiting.append((task, submit([file.data for file in task if file.problem is None])))
            held += size
            del task  # or it would be held while the next is read
            while held >= most:
                held -= _bytes(waiting[0][0])
                yield from _answered(*waiting.popleft())
        while waiting:
            yield from _answered(*waiting.popleft())


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


def _answered(task: list[ReadFile], answer: Future[list[Finding]]) -> Iterator[Examined]:
    findings = iter(answer.result())
    for file in task:
        yield _examined(file, file.problem or next(findings))


def _examined(file: ReadFile, found: Finding) -> Examined:
    candidate, data = file.candidate, file.data
    if data:
        candidate = candidate._replace(bytes=len(data))
    return Examined(candidate, b"" if isinstance(found, str) else data, found)


def _bytes(task: list[ReadFile]) -> int:
    return sum(len(file.data) for file in task)


@contextmanager
def _pool(
    examine: Examine, number: int, limits: Limits
) -> Iterator[Callable[[list[bytes]], Future[list[Finding]]]]:
    """A thread a worker, which waits for its answers."""
    workers = [Worker(examine, limits) for _ in range(number)]
    idle: SimpleQueue[Worker[Inspection]] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def ask(files: list[bytes]) -> list[Finding]:
        worker = idle.get()
        try:
            return worker.findings(files)
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(number) as threads:
        try:
            yield lambda files: threads.submit(ask, files)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.stop()
