"""Examine files side by side, in processes that may die, and hand them on in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import NamedTuple

from lookalike.ingest.read_ahead import ReadFile
from lookalike.ingest.source import Candidate
from lookalike.ingest.worker import Examine, Finding, Limits, Worker, finding

TASK_FILES = 16
TASK_BYTES = 2 * 2**20
TASKS_A_WORKER = 3


class Examined(NamedTuple):
    """A candidate with its bytes, and what is known of them or why they are refused."""

    candidate: Candidate
    data: bytes
    found: Finding


def examined(
    files: Iterable[ReadFile], examine: Examine, workers: int, limits: Limits
) -> Iterator[Examined]:
    """Yield every file with what `examine` finds, in the order given.

    Args:
        files: what to examine.
        examine: from bytes to facts; it is sent to the workers and may raise
            `UndecodableImageError`.
        workers: how many processes (see `Worker`); 0 examines in this one, without any of the
            protection.
        limits: what a worker may use.
    """
    if workers == 0:
        for file in files:
            yield Examined(file.candidate, file.data, file.problem or finding(examine, file.data))
        return
    with _pool(examine, workers, limits) as submit:
        waiting: deque[tuple[list[ReadFile], Future[list[Finding]]]] = deque()
        for task in _tasks(files):
            if len(waiting) >= TASKS_A_WORKER * workers:
                yield from _answered(*waiting.popleft())
            waiting.append((task, submit([file.data for file in task if file.problem is None])))
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
        yield Examined(file.candidate, file.data, file.problem or next(findings))


@contextmanager
def _pool(
    examine: Examine, number: int, limits: Limits
) -> Iterator[Callable[[list[bytes]], Future[list[Finding]]]]:
    """A thread a worker, which waits for its answers."""
    workers = [Worker(examine, limits) for _ in range(number)]
    idle: SimpleQueue[Worker] = SimpleQueue()
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
