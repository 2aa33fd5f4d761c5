"""What one process writes, no other writes at the same time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lookalike.core.errors import LookalikeError


@contextmanager
def claimed(partial: Path, path: Path, is_folder: bool = False) -> Iterator[None]:
    """Make a file or folder and hold it; the system lets go of it however the process ends.

    What is there already is taken as it is: it was left by a process that was killed.

    Args:
        partial: what to make.
        path: what it is to become, for the message.
        is_folder: whether it is a folder.

    Raises:
        LookalikeError: another process holds it.
    """
    descriptor = _claim(partial, path, is_folder)
    try:
        yield
    finally:
        os.close(descriptor)


def _claim(partial: Path, path: Path, is_folder: bool) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY if is_folder else os.O_RDWR | os.O_CREAT
    while True:
        if is_folder:
            partial.mkdir(exist_ok=True)
        descriptor = os.open(partial, flags, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LookalikeError(
                f"{path}: another process is writing it; wait for it to end, or name another path"
            ) from None
        except OSError:  # a file system without locks, as some on networks are
            return descriptor
        if _is_at(descriptor, partial):
            return descriptor
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether what is open is still there: else its writer has put it in place meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
