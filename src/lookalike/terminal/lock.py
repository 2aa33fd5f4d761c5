"""One stage at a time in a working tree.

A killed `dvc` leaves its stage running: a second start must not write beside it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lookalike.core.errors import LookalikeError

LOCK = ".stage.lock"


@contextmanager
def stage_lock(name: str, root: Path) -> Iterator[None]:
    """Hold the lock of the project in `root`; the system frees it however the process ends.

    Raises:
        LookalikeError: another process holds it; the line names its stage and pid.
    """
    lock = root / LOCK
    holder = lock.with_suffix(".pid")
    try:
        with FileLock(lock, timeout=0):
            holder.write_text(f"stage {name}, pid {os.getpid()}", encoding="utf-8")
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else "another stage"
        raise LookalikeError(
            f"{who} is running in {root.absolute()}: wait for it to end, or end it, then run again"
        ) from None
