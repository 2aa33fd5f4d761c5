"""Read and decode one file that nobody has looked at yet: bounded in bytes, pixels and time."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lookalike.images.decode import DEFAULT_MAX_PIXELS, UndecodableImageError
from lookalike.images.signature import SIGNATURE_BYTES, check_signature
from lookalike.images.worker import Limits, Worker

Decoded = TypeVar("Decoded")

DEFAULT_MAX_BYTES = 128 * 2**20
DEFAULT_LIMITS = Limits.for_images(DEFAULT_MAX_PIXELS, seconds=60.0)


def decode_bounded(
    file: Path | bytes,
    decode: Callable[[bytes], Decoded],
    max_bytes: int = DEFAULT_MAX_BYTES,
    limits: Limits = DEFAULT_LIMITS,
) -> Decoded:
    """Decode a file in a process of its own, which is gone afterwards.

    Args:
        file: a regular file, or the bytes of one.
        decode: from bytes to what is wanted, as `decode_pixels`; it is sent to the process, asks
            for the pixels that the header announces itself, and may raise `UndecodableImageError`.
        max_bytes: refuse a larger file.
        limits: the seconds and the memory that the process may use.

    Raises:
        UndecodableImageError: it is no regular file, is too large, is no image, or cannot be
            decoded within the limits.
        OSError: it cannot be read.
    """
    data = file if isinstance(file, bytes) else read_regular(file, max_bytes)
    check_size(len(data), max_bytes)
    worker = Worker(decode, limits)
    try:
        (found,) = worker.findings([data])
    finally:
        worker.stop()
    if isinstance(found, str):
        raise UndecodableImageError(found)
    return found


def read_regular(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file that begins as an image does; see `decode_bounded`.

    A device or a named pipe is not waited for.
    """
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise UndecodableImageError("is not a regular file")
    check_size(about.st_size, max_bytes)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        start = file.read(SIGNATURE_BYTES)
        if start:
            check_signature(start)
        return start + file.read(max_bytes + 1)


def check_size(size: int, max_bytes: int) -> None:
    """Raise UndecodableImageError where a file has more bytes than are allowed."""
    if size > max_bytes:
        raise UndecodableImageError(f"{size} bytes, more than {max_bytes} allowed")
