"""A process that decodes files: bounded in time and memory, and replaced when it dies."""

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from types import ModuleType
from typing import Generic, NamedTuple, TypeVar

from lookalike.images.decode import UndecodableImageError

Found = TypeVar("Found")

# A worker's memory: its libraries, and several copies of an image of deep pixels.
STARTED_BYTES = 2 * 2**30
PIXEL_BYTES = 48
PIECE_SECONDS = 1.0

# Not forked from this process: it has threads, and they may hold locks at that moment.
_CONTEXT = get_context("forkserver")
# Libraries alone: Python's fork server does not look where this process does, and would preload
# an installed Lookalike instead of this working tree's.
_CONTEXT.set_forkserver_preload(
    ["aiohttp", "fsspec", "numpy", "PIL.Image", "pyarrow", "pydantic", "rich", "ruamel.yaml"]
)


class Limits(NamedTuple):
    """What a worker may use: seconds for one request, bytes of memory in all."""

    seconds: float
    memory: int

    @classmethod
    def for_images(cls, max_pixels: int, seconds: float) -> "Limits":
        """Enough memory for the largest image that is allowed."""
        return cls(seconds, STARTED_BYTES + PIXEL_BYTES * max_pixels)


class Worker(Generic[Found]):
    """Examines files in a process of its own, one request at a time.

    A file at which the process dies twice, or which keeps it busy for longer than the limit, is
    refused; its neighbors are examined again. Decoders' own messages on stderr are dropped.
    """

    def __init__(self, examine: Callable[[bytes], Found], limits: Limits) -> None:
        """The process starts now.

        Args:
            examine: from bytes to what is wanted of a file, which is no text; it is sent to the
                process, and may raise `UndecodableImageError`.
            limits: what the process may use.
        """
        self._examine = examine
        self._limits = limits
        self._lock = Lock()
        self._stopped = False
        self._start()

    def findings(self, files: list[bytes]) -> list[Found | str]:
        """What is found of every file, or why it is refused, in the order given."""
        try:
            return self._ask(files)
        except _WorkerLostError as error:
            if len(files) > 1:
                return [finding for file in files for finding in self.findings([file])]
            if error.timed_out:
                return [str(error)]
        try:
            return self._ask(files)  # once more: something else may have ended the process
        except _WorkerLostError as error:
            return [str(error)]

    def stop(self) -> None:
        """End the process, also in the middle of a request from another thread."""
        with self._lock:
            self._stopped = True
            self._process.kill()

    def _start(self) -> None:
        with self._lock:
            if self._stopped:
                raise InterruptedError
            self._connection, theirs = _CONTEXT.Pipe()
            self._process = _CONTEXT.Process(
                target=_work, args=(theirs, self._examine, self._limits.memory), daemon=True
            )
            with _no_main_module():
                self._process.start()
            theirs.close()  # held by the process alone, so that its death is the end of the file
            self._ready = False

    def _wait_until_ready(self) -> None:
        try:
            self._connection.recv()
        except (EOFError, OSError):
            raise RuntimeError("a decoder process ended before it had begun") from None
        self._ready = True

    def _ask(self, files: list[bytes]) -> list[Found | str]:
        if not self._ready:
            self._wait_until_ready()
        timed_out = False
        try:
            self._connection.send(len(files))
            for data in files:
                self._connection.send_bytes(data)  # as it is: a pickle would be a copy
            if self._answers_in_time():
                findings: list[Found | str] = self._connection.recv()
                return findings
            timed_out = True
        except (EOFError, OSError):
            pass
        self._process.kill()
        self._process.join()
        self._connection.close()
        self._start()
        raise _WorkerLostError(timed_out, self._limits.seconds)

    def _answers_in_time(self) -> bool:
        """Waited for in pieces, of which a stage that is stopped for a while loses only one."""
        pieces = max(1, round(self._limits.seconds / PIECE_SECONDS))
        piece = self._limits.seconds / pieces
        return any(self._connection.poll(piece) for _ in range(pieces))


_starting = Lock()


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Processes that are started meanwhile do not run this process's script once more.

    multiprocessing would have them: a script that searches without asking for its `__name__` first
    would start processes in processes.
    """
    with _starting:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


class _WorkerLostError(Exception):
    """The process had to be replaced."""

    def __init__(self, timed_out: bool, seconds: float) -> None:
        trouble = f"gave no answer in {seconds:g} seconds" if timed_out else "crashed"
        super().__init__(f"broken image: its decoder {trouble}")
        self.timed_out = timed_out


def finding(examine: Callable[[bytes], Found], data: bytes) -> Found | str:
    """What is found of one file, or why it is refused."""
    try:
        return examine(data)
    except UndecodableImageError as error:
        return str(error)
    except MemoryError:
        return "broken image: its decoder asks for too much memory"


def _work(connection: Connection, examine: Callable[[bytes], Found], memory: int) -> None:
    """The process: quiet, bounded in memory, and ended by its stage alone.

    An interrupt from the keyboard reaches workers too: the stage decides. And a worker of a killed
    stage might be busy forever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # C libraries write there
    with suppress(ValueError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    Thread(target=_leave_with_the_stage, daemon=True).start()
    connection.send(None)  # ready: what goes wrong from here on is a file's fault
    while True:
        try:
            files = [connection.recv_bytes() for _ in range(connection.recv())]
        except EOFError:
            return
        findings = [finding(examine, files.pop(0)) for _ in range(len(files))]
        connection.send(findings)


def _leave_with_the_stage() -> None:
    if stage := parent_process():
        stage.join()
    os._exit(1)
