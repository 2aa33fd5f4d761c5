"""Why something could not be written, in one line."""

import errno
import re
from collections.abc import Iterator

FULL = re.compile(r"No space left on device|Disk quota exceeded|database or disk is full")
TOO_LARGE = re.compile(r"File too large")
NO_SPACE = "the disk is full: free some space, then run it again; nothing incomplete is kept"
LIMITED = "a file would be larger than this system allows (ulimit -f): raise the limit"


def disk_failure(error: BaseException) -> str | None:
    """What to say where the disk is full or a file too large; None: it was not that.

    Libraries in C++ and Rust tell it as text, and what fails afterwards may hide what failed first.
    """
    for cause in _causes(error):
        text, number = str(cause), getattr(cause, "errno", None)
        name = getattr(cause, "filename", None)
        where = f"{name}: " if isinstance(name, str) else ""
        if number in (errno.ENOSPC, errno.EDQUOT) or FULL.search(text):
            return where + NO_SPACE
        if number == errno.EFBIG or TOO_LARGE.search(text):
            return where + LIMITED
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
