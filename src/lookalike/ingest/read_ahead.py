"""Read candidates in their order, some of them ahead of time, within bounded memory."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from lookalike.ingest.source import Candidate, Source, UnreadableError

# What may wait in memory to be decoded. A file of unknown size counts as a large photograph.
AHEAD_BYTES = 64 * 2**20
AHEAD_FILES = 4  # a reader
UNKNOWN_BYTES = 8 * 2**20


class ReadFile(NamedTuple):
    """A candidate with its bytes, or with the reason why there are none."""

    candidate: Candidate
    data: bytes
    problem: str | None


def read_ahead(source: Source, candidates: Iterable[Candidate]) -> Iterator[ReadFile]:
    """Yield every candidate with its bytes, in the order given.

    Raises:
        LookalikeError: the source as a whole is out of reach.
    """
    waiting: deque[tuple[int, Future[ReadFile]]] = deque()
    held = 0
    with ThreadPoolExecutor(source.readers, thread_name_prefix="reader") as readers:
        try:
            for candidate in candidates:
                size = candidate.bytes or UNKNOWN_BYTES
                while waiting and (
                    len(waiting) >= AHEAD_FILES * source.readers or held + size > AHEAD_BYTES
                ):
                    released, oldest = waiting.popleft()
                    held -= released
                    yield oldest.result()
                waiting.append((size, readers.submit(_read, source, candidate)))
                held += size
            while waiting:
                yield waiting.popleft()[1].result()
        finally:
            readers.shutdown(wait=False, cancel_futures=True)


def _read(source: Source, candidate: Candidate) -> ReadFile:
    try:
        candidate.path.encode()
        return ReadFile(candidate, source.read(candidate), None)
    except UnicodeEncodeError:
        return ReadFile(candidate, b"", "its name is not UTF-8")
    except UnreadableError as reason:
        return ReadFile(candidate, b"", str(reason))
