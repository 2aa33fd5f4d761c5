"""Read files ahead of what is done with them, side by side, in bounded memory."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Condition
from typing import NamedTuple

from lookalike.ingest.reading import Allowance
from lookalike.ingest.sidecars import is_video
from lookalike.ingest.source import Candidate, Source, UnreadableError

AHEAD_BYTES = 64 * 2**20
AHEAD_FILES = 4  # a reader


class ReadFile(NamedTuple):
    """A candidate with its bytes, or with the reason why there are none."""

    candidate: Candidate
    data: bytes
    problem: str | None


def read_ahead(
    source: Source, candidates: Iterable[Candidate], max_bytes: int = Allowance.max_bytes
) -> Iterator[ReadFile]:
    """Yield every candidate with its bytes, in the order given.

    What is read ahead holds at most `AHEAD_BYTES`, whatever the sizes that the source promises. A
    larger file is read to its end while it is waited for.

    Args:
        source: where the candidates are.
        candidates: what to read.
        max_bytes: larger files are refused.

    Raises:
        LookalikeError: the source as a whole is out of reach.
    """
    waiting: deque[tuple[int, Future[ReadFile]]] = deque()
    ahead = _Ahead(AHEAD_BYTES)

    def oldest() -> ReadFile:
        number, file = waiting.popleft()
        ahead.wait_for(number)
        return file.result()

    with ThreadPoolExecutor(source.readers, thread_name_prefix="reader") as readers:
        try:
            for number, candidate in enumerate(candidates):
                if len(waiting) >= AHEAD_FILES * source.readers:
                    yield oldest()
                charge = partial(ahead.charge, number)
                allowance = Allowance(max_bytes, charge, not is_video(candidate.path))
                waiting.append((number, readers.submit(_read, source, candidate, allowance)))
            while waiting:
                yield oldest()
        finally:
            ahead.close()
            readers.shutdown(wait=False, cancel_futures=True)


class _Ahead:
    """Counts the bytes of files that were not handed over; readers wait until there is room."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[int, int] = {}
        self._wanted = -1
        self._closed = False
        self._changed = Condition()

    def charge(self, number: int, size: int) -> None:
        """Count so many bytes for a file. Waits, but not with the file that is waited for."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(number, size))
            self._held[number] = size
            self._changed.notify_all()

    def wait_for(self, number: int) -> None:
        """From now on this file is waited for; those before it were handed over."""
        with self._changed:
            self._wanted = number
            for earlier in [held for held in self._held if held < number]:
                del self._held[earlier]
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody waits for anything any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self, number: int, size: int) -> bool:
        others = sum(self._held.values()) - self._held.get(number, 0)
        return self._closed or number <= self._wanted or others + size <= self._limit


def _read(source: Source, candidate: Candidate, allowance: Allowance) -> ReadFile:
    try:
        candidate.path.encode()
        return ReadFile(candidate, source.read(candidate, allowance), None)
    except UnicodeEncodeError:
        return ReadFile(candidate, b"", "its name is not UTF-8")
    except UnreadableError as reason:
        allowance.charge(0)
        return ReadFile(candidate, b"", str(reason))
