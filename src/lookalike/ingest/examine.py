"""Examine files side by side, in processes that may die, and hand them on in their order."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lookalike.core.choices import MachineEngine
from lookalike.images.worker import Limits
from lookalike.ingest.decoders import Answer, Examine, Finding, decoders
from lookalike.ingest.read_ahead import ReadFile
from lookalike.ingest.source import Candidate

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
    files: Iterable[ReadFile],
    examine: Examine,
    workers: int,
    limits: Limits,
    engine: MachineEngine = "local",
) -> Iterator[Examined]:
    """Yield every file with what `examine` finds, in the order given.

    What waits for its answer holds at most `WAITING_BYTES_A_WORKER` for each worker; a larger file
    waits alone.

    Args:
        files: what to examine.
        examine: from bytes to facts; see `decoders`, as for what follows.
        workers: how many processes of this machine.
        limits: what a worker may use.
        engine: where the workers are.
    """
    waiting: deque[tuple[list[ReadFile], Answer[list[Finding]]]] = deque()
    held = 0
    with decoders(examine, workers, limits, engine) as pool:
        for task in _tasks(files):
            size, slots = _bytes(task), pool.slots
            most = WAITING_BYTES_A_WORKER * slots
            while waiting and (len(waiting) >= TASKS_A_WORKER * slots or held + size > most):
                held -= _bytes(waiting[0][0])
                yield from _answered(*waiting.popleft())
            data = [file.data for file in task if file.problem is None]
            waiting.append((task, pool.submit(data)))
            held += size
            del task, data  # or it would be held while the next is read
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


def _answered(task: list[ReadFile], answer: Answer[list[Finding]]) -> Iterator[Examined]:
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
