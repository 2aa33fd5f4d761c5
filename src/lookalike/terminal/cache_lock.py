"""Files of a cache that processes share: in use or evicted, never both.

Beside a file lies its lock (`flock`), which the system frees when a process ends, however it ends.
Locks are removed with the last one that uses them; so whoever has locked a file that was removed
meanwhile tries again. `filelock` knows exclusive locks alone.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

SUFFIX = ".lock"


class CacheLock:
    """A lock of a file in a cache, held until `release`, or as long as somebody refers to it.

    Args:
        path: the file, which need not be there.
        shared: whether other processes may share the lock, as those that only read do.
        wait: whether to wait for processes that hold it.

    Raises:
        BlockingIOError: another process holds it, and this one is not to wait.
    """

    def __init__(self, path: Path, shared: bool = False, wait: bool = True) -> None:
        self.path = path.with_name(path.name + SUFFIX)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        while True:
            self._file = self.path.open("a")
            try:
                fcntl.flock(self._file, mode)
            except BaseException:
                self._file.close()
                raise
            if self._is_there():
                return
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give the lock back, also for processes forked since; the last one removes its file."""
        if self._file.closed:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._is_there():
                self.path.unlink(missing_ok=True)
        except BlockingIOError:
            pass  # another process holds it too
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file.close()

    def _is_there(self) -> bool:
        """Whether the locked file is still the one that others will find."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except FileNotFoundError:
            return False


def evict(path: Path, *beside: Path) -> bool:
    """Remove a file from a cache, and what lies beside it, unless a process holds its lock.

    Returns:
        Whether it is gone.
    """
    try:
        with CacheLock(path, wait=False):
            for file in (path, *beside):
                file.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    return True


def files_by_age(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder that match, the one that was used last at the end."""
    ages = {}
    for path in sorted(folder.glob(pattern)):
        try:
            ages[path] = path.stat().st_mtime_ns
        except FileNotFoundError:  # another process was faster
            continue
    return sorted(ages, key=ages.__getitem__)
