"""Unpack compressed streams a piece at a time: no call takes more memory than it is allowed."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

from lookalike.core.errors import LookalikeError
from lookalike.ingest.reading import Stream

# A dictionary of LZMA; what `xz -9` makes takes 65 MiB.
DICTIONARY_BYTES = 256 * 2**20
PACKED_BYTES = 2**16
# Images hardly shrink. What unpacks to more than both is a bomb.
MOST_RATIO = 100
ALWAYS_BYTES = 512 * 2**20


class Decompressor(Protocol):
    """One compressed stream, as `bz2` and `lzma` have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Inflate:
    """`zlib` with the face of the other two."""

    def __init__(self, window_bits: int) -> None:
        self._stream = zlib.decompressobj(window_bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        """What follows the end of the stream."""
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many bytes; the rest comes with the next calls."""
        found = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        self.needs_input = not self._stream.unconsumed_tail and len(found) < max_length
        return found


# What compressed tars begin with.
STREAMS: dict[bytes, Callable[[], Decompressor]] = {
    b"\x1f\x8b": lambda: Inflate(zlib.MAX_WBITS | 16),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, DICTIONARY_BYTES),
}


class Unpacked:
    """What one compressed stream unpacks to, or several one after the other."""

    def __init__(
        self, packed: Stream, start: Callable[[], Decompressor], several: bool = False
    ) -> None:
        self._packed = packed
        self._start = start
        self._several = several
        self._stream = start()

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            EOFError: it is cut off.
            OSError, zlib.error, lzma.LZMAError: it is damaged.
        """
        data = b""
        while True:
            if self._stream.eof:
                if not self._several or not (data := self._next()):
                    return b""
                self._stream = self._start()
            elif self._stream.needs_input and not (data := self._packed.read(PACKED_BYTES)):
                raise EOFError("cut off")
            found = self._stream.decompress(data, size)
            data = b""
            if found:
                return found

    def _next(self) -> bytes:
        """How the next stream begins: between two, and behind the last, there may be zeros."""
        rest = self._stream.unused_data.lstrip(b"\0")
        while not rest and (data := self._packed.read(PACKED_BYTES)):
            rest = data.lstrip(b"\0")
        return rest


class UnpackingLimit:
    """Counts what an archive unpacks to, and stops it where that makes no sense for images."""

    def __init__(self, name: str, packed_bytes: int) -> None:
        self._name = name
        self._left = max(ALWAYS_BYTES, MOST_RATIO * packed_bytes)
        self._most = self._left

    def add(self, size: int) -> None:
        """Count so many bytes more.

        Raises:
            LookalikeError: that is too many.
        """
        self._left -= size
        if self._left < 0:
            raise LookalikeError(
                f"ingest.source: {self._name}: unpacks to more than {self._most} bytes, "
                f"{MOST_RATIO} times its size, as only a decompression bomb does; if it is none, "
                "unpack it and name the folder"
            )
