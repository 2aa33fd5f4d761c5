"""What the system refuses, in one line: disk space, permissions, open files."""

import errno
import re
from collections.abc import Iterator
from typing import NamedTuple

from lookalike.core.temporary_folder import NO_FOLDER


class _Refusal(NamedTuple):
    numbers: tuple[int, ...]
    text: re.Pattern[str]
    line: str


NO_SPACE = "the disk is full: free some space, then run it again; nothing incomplete is kept"
LIMITED = "a file would be larger than this system allows (ulimit -f): raise the limit"
NO_FILES = (
    "more files are open than this system allows (ulimit -n): raise the limit, or set "
    "machine.workers to fewer"
)
READ_ONLY = "is on a read-only file system: work in a folder that can be written"
UNUSABLE = "the disk cannot be read or written: check it, and the limits of this system (ulimit -f)"
DENIED = "this user may not read or write it: change its owner or its permissions"

REFUSALS = (
    _Refusal((), re.compile("No usable temporary directory found"), NO_FOLDER),
    _Refusal(
        (errno.ENOSPC, errno.EDQUOT),
        re.compile("No space left on device|Disk quota exceeded|database or disk is full"),
        NO_SPACE,
    ),
    _Refusal((errno.EFBIG,), re.compile("File too large"), LIMITED),
    _Refusal((errno.EMFILE, errno.ENFILE), re.compile("Too many open files"), NO_FILES),
    _Refusal((errno.EIO,), re.compile("disk I/O error|Input/output error"), UNUSABLE),
    _Refusal((errno.EROFS,), re.compile("Read-only file system"), READ_ONLY),
    _Refusal((errno.EACCES, errno.EPERM), re.compile("Permission denied"), DENIED),
)


def system_failure(error: BaseException) -> str | None:
    """What to say where the system has refused something; None: it was not that.

    Libraries in C++ and Rust tell it as text, and what fails afterwards may hide what failed first.
    """
    for cause in _causes(error):
        text, number = str(cause), getattr(cause, "errno", None)
        name = getattr(cause, "filename", None)
        where = f"{name}: " if isinstance(name, str) else ""
        for refusal in REFUSALS:
            if number in refusal.numbers or refusal.text.search(text):
                return where + refusal.line
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
