"""The members of a zip archive, read in place.

Python's zipfile refuses a whole archive for one name that is not UTF-8, and unpacks bzip2 and LZMA
without a bound.
"""

import bz2
import lzma
import stat
import struct
import zlib
from collections.abc import Callable
from functools import partial
from typing import IO
from zipfile import BadZipFile

from lookalike.ingest.members import Link, Member
from lookalike.ingest.reading import Stream
from lookalike.ingest.unpacking import DICTIONARY_BYTES, Decompressor, Inflate, Unpacked
from lookalike.ingest.zip_directory import Entry, entries

LOCAL = struct.Struct("<4s5H3L2H")
LZMA_HEADER = struct.Struct("<2BHBL")
LINK_BYTES = 4096
STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
NOT_READ = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}
# What is raised where bytes are not what they should be.
DAMAGED = (
    BadZipFile,
    OSError,
    EOFError,
    ValueError,
    MemoryError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)


def zip_members(file: IO[bytes]) -> tuple[list[tuple[str, Member]], list[str]]:
    """The members, in the order of the directory; and the names that are not UTF-8, as cp437.

    Raises:
        BadZipFile: the directory is damaged, or in another file.
    """
    members, guessed = [], []
    for entry in entries(file):
        try:
            name = entry.name.decode()
        except UnicodeDecodeError:
            name = entry.name.decode("cp437")
            guessed.append(name)
        if "/" not in name:  # PowerShell's separators; elsewhere it is a letter of a name
            name = name.replace("\\", "/")
        if not name.endswith("/"):
            members.append((name, _member(file, entry)))
    return members, guessed


def _member(file: IO[bytes], entry: Entry) -> Member:
    problem = None
    if entry.encrypted:
        problem = "is encrypted"
    elif entry.method not in (STORED, DEFLATED, BZIP2, LZMA):
        how = NOT_READ.get(entry.method, f"method {entry.method}")
        problem = f"is packed by {how}, which is not read"
    content = partial(_Content, file, entry)
    if problem is None and stat.S_ISLNK(entry.mode) and entry.size <= LINK_BYTES:
        try:
            return Member(0, link=Link(content().read(LINK_BYTES).decode()))
        except DAMAGED:
            problem = "is a link that cannot be read"
    return Member(entry.size, content, problem)


class _Content:
    """What one member unpacks to: not more than it declares, and what its checksum says."""

    def __init__(self, file: IO[bytes], entry: Entry) -> None:
        file.seek(entry.offset)
        local = file.read(LOCAL.size)
        if len(local) < LOCAL.size or not local.startswith(b"PK\3\4"):
            raise BadZipFile("it is not where the directory says")
        *_, name_bytes, extra_bytes = LOCAL.unpack(local)
        start = entry.offset + LOCAL.size + name_bytes + extra_bytes
        self._entry = entry
        self._left = entry.size
        self._checksum = 0
        self._stream = _unpacked(_Slice(file, start, start + entry.packed), entry)

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            data = self._stream.read(min(size, self._left + 1))
        except EOFError:
            if self._left:  # LZMA may leave the mark of its end out
                raise
            data = b""
        self._left -= len(data)
        self._checksum = zlib.crc32(data, self._checksum)
        if self._left < 0:
            raise BadZipFile(f"it unpacks to more than the {self._entry.size} bytes it declares")
        if not data and self._left:
            raise BadZipFile("cut off")
        if not data and self._checksum != self._entry.checksum:
            raise BadZipFile("its checksum is another")
        return data


def _unpacked(packed: "_Slice", entry: Entry) -> Stream:
    if entry.method == STORED:
        return packed
    start: Callable[[], Decompressor] = bz2.BZ2Decompressor
    if entry.method == DEFLATED:
        start = partial(Inflate, -zlib.MAX_WBITS)
    elif entry.method == LZMA:
        start = partial(_lzma, packed.read(LZMA_HEADER.size))
    return Unpacked(packed, start)


def _lzma(header: bytes) -> Decompressor:
    """A decoder of LZMA as zip has it: its properties stand before the stream."""
    _, _, _, properties, dictionary = LZMA_HEADER.unpack(header)
    if dictionary > DICTIONARY_BYTES:
        raise BadZipFile(f"its dictionary has {dictionary} bytes")
    rest, literal_context = divmod(properties, 9)
    bits, literal_position = divmod(rest, 5)
    lzma_1 = {"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": literal_context}
    return lzma.LZMADecompressor(
        lzma.FORMAT_RAW, filters=[{**lzma_1, "lp": literal_position, "pb": bits}]
    )


class _Slice:
    """A part of a file that others read, too."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        self._file, self._place, self._end = file, start, end

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        self._file.seek(self._place)
        data = self._file.read(max(0, min(size, self._end - self._place)))
        self._place += len(data)
        return data
