"""Copies of files from other machines, on the disk of the cache folder, without a name there."""

import shutil
import tempfile
from typing import IO

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import cache_folder
from lookalike.core.secrets import without_secrets
from lookalike.ingest.reading import PIECE_BYTES, Stream
from lookalike.ingest.remote import in_parts, open_remote
from lookalike.ingest.retrying import out_of_reach, persistently

BLOCK_BYTES = 8 * 2**20
RESERVE_BYTES = 2**30  # what a copy leaves free on the disk
# Where a server does not say how much it sends.
UNANNOUNCED_BYTES = 8 * 2**30


def local_copy(uri: str) -> IO[bytes]:
    """Copy a file into one without a name, which is gone when it is closed.

    Raises:
        LookalikeError: the server cannot be reached, refuses, or there is no room.
    """
    filesystem, path = open_remote(uri)
    parts = in_parts(filesystem)

    def attempt() -> IO[bytes]:
        try:
            with parts.open(path, "rb", block_size=BLOCK_BYTES) as file:
                size = getattr(file, "size", None)
                most = size or UNANNOUNCED_BYTES
                return unnamed_copy(file, f"ingest.source: {without_secrets(uri)}", size, most)
        except FileNotFoundError as error:  # what fsspec makes of every failure over HTTP
            raise error.__cause__ or error from None

    try:
        return persistently(attempt, uri)
    except FileNotFoundError as error:
        raise out_of_reach(uri, error) from None


def unnamed_copy(
    stream: Stream, name: str, size: int | None = None, most: int | None = None
) -> IO[bytes]:
    """All of a stream in a temporary file on the disk of the cache folder, without a name there.

    Args:
        stream: what to copy.
        name: what to call it in an error.
        size: how many bytes there will be, where that is known.
        most: more than these are not taken.

    Raises:
        LookalikeError: there are more, or there is no room for them.
    """
    folder = cache_folder()
    copy = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed where it is used
    free = shutil.disk_usage(folder).free - RESERVE_BYTES
    taken, needed = 0, size or 0
    while needed <= free and (piece := stream.read(PIECE_BYTES)):
        taken += len(piece)
        if most is not None and taken > most:
            copy.close()
            raise LookalikeError(
                f"{name}: the server sends more than {most} bytes; download it by other means"
            )
        needed = max(needed, taken)
        if taken <= free:
            copy.write(piece)
    if needed > free:
        copy.close()
        raise LookalikeError(
            f"{name}: needs {needed} bytes or more on the disk of {folder}, and {max(0, free)} are "
            f"free beside a reserve of {RESERVE_BYTES}"
        )
    copy.seek(0)
    return copy
