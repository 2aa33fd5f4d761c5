"""Read a file that somebody names, and nothing else: a named pipe would be waited for, for ever."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

NOT_REGULAR = "is not a regular file"


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read its bytes.

    Raises:
        OSError: it cannot be opened, or is a folder, a named pipe, a socket or a device.
    """
    _check(path.stat(), path)  # opening a device may already do something
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def regular_bytes(path: Path) -> bytes:
    """All bytes of a file; raises OSError as `open_regular`."""
    with open_regular(path) as file:
        return file.read()


def regular_text(path: Path) -> str:
    """The text of a file in UTF-8; raises OSError as `open_regular`, or UnicodeDecodeError."""
    return regular_bytes(path).decode("utf-8")


def _check(about: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, NOT_REGULAR, str(path))
