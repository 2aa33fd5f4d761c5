"""A process with all that it starts: given a share of the machine, ended as a whole."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil

from lookalike.experiments.shares import VISIBLE, Share

# In the environment of every process of a sweep: whose it is
MARK = "LOOKALIKE_SWEEP"
# Of an outer DVC or Git, where the sweep itself is run by one
FOREIGN = ("DVC_EXP_", "DVC_ROOT", "DVC_STAGE", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")
PATIENCE = 30.0
INTERVAL = 0.1


@contextmanager
def started(
    command: Sequence[str], folder: Path, log: Path, share: Share, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a session of its own; at the end of the block all of it is ended.

    Args:
        command: what to run.
        folder: where.
        log: the file for what it prints.
        share: what it may use.
        settings: variables of its environment, beside those of this process.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    if share.gpus:
        environment[VISIBLE] = ",".join(share.gpus)
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        if share.cores:
            with suppress(ProcessLookupError):
                os.sched_setaffinity(process.pid, share.cores)
        yield process
    finally:
        _end(lambda other: os.getsid(other.pid) == process.pid)
        process.wait()


def end_leftovers(mark: str) -> None:
    """End the processes of a sweep that was killed itself: those with its mark."""
    _end(lambda process: process.environ().get(MARK) == mark)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt inside of the block, once."""

    def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # what ends processes is not interrupted itself
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(is_wanted: Callable[[psutil.Process], bool]) -> None:
    """Ask processes to end, which stages do in good order, and kill those that do not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in _running(is_wanted):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        end = time.monotonic() + PATIENCE
        while _running(is_wanted):
            if time.monotonic() > end:
                break
            time.sleep(INTERVAL)
        else:
            return


def _running(is_wanted: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """The processes that are wanted; what has ended and is not waited for is none."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it has ended meanwhile, or is somebody else's
            if process.status() != psutil.STATUS_ZOMBIE and is_wanted(process):
                found.append(process)
    return found
