"""The members of a zip archive, read in place.

Python's zipfile refuses a whole archive for one name that is not UTF-8, and unpacks bzip2 and LZMA
without a bound. The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import bz2
import io
import lzma
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, NamedTuple
from zipfile import BadZipFile

from lookalike.ingest.members import Link, Member
from lookalike.ingest.reading import Stream
from lookalike.ingest.unpacking import DICTIONARY_BYTES, Decompressor, Inflate, Unpacked

END = struct.Struct("<4s4H2LH")
LOCATOR_64 = struct.Struct("<4sLQL")
END_64 = struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
LZMA_HEADER = struct.Struct("<2BHBL")
COMMENT_BYTES = 2**16
LINK_BYTES = 4096
ZIP_64, UNIX, ENCRYPTED = 1, 3, 1
STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
NOT_READ = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}


class Entry(NamedTuple):
    """What the directory of a zip says of one member."""

    name: bytes
    method: int
    encrypted: bool
    checksum: int
    packed: int
    size: int
    offset: int
    mode: int


def is_zip(file: IO[bytes]) -> bool:
    """True where a file ends as a zip does."""
    return _end_of(file) is not None


def zip_members(file: IO[bytes]) -> tuple[list[tuple[str, Member]], list[str]]:
    """The members, in the order of the directory; and the names that are not UTF-8, as cp437.

    Raises:
        BadZipFile: the directory is damaged, or in another file.
    """
    members, guessed = [], []
    for entry in _entries(file):
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
        except (BadZipFile, *DAMAGED):
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


def _entries(file: IO[bytes]) -> Iterator[Entry]:
    found = _end_of(file)
    if found is None:
        raise BadZipFile("it does not end as a zip does")
    place, disk, count, size, offset = found
    if disk:
        raise BadZipFile("it is one part of several: join them by zip -s 0 PART --out WHOLE")
    moved = place - size - offset  # by what stands before the archive, such as a program
    if moved < 0 or place < size:
        raise BadZipFile("its directory is cut off")
    file.seek(place - size)
    directory = io.BytesIO(file.read(size)) if size < 2**24 else file
    start = directory.tell()
    for number in range(count):
        header = directory.read(ENTRY.size)
        if len(header) < ENTRY.size or not header.startswith(b"PK\1\2"):
            raise BadZipFile(f"its directory is damaged at entry {number}")
        entry = _entry(header, directory, moved)
        here = directory.tell()
        yield entry
        directory.seek(here)
    if directory.tell() - start > size:
        raise BadZipFile("its directory is damaged")


def _entry(header: bytes, directory: IO[bytes], moved: int) -> Entry:
    (_, made_by, _, flags, method, _, _, checksum, packed, size, *lengths, _, _, mode, offset) = (
        ENTRY.unpack(header)
    )
    name, extra, _ = (directory.read(length) for length in lengths)
    wide = iter(_zip_64(extra))
    size, packed, offset = (
        next(wide, 0) if value == 0xFFFFFFFF else value for value in (size, packed, offset)
    )
    mode = mode >> 16 if made_by >> 8 == UNIX else 0
    name = name.partition(b"\0")[0]
    return Entry(
        name, method, bool(flags & ENCRYPTED), checksum, packed, size, offset + moved, mode
    )


def _zip_64(extra: bytes) -> tuple[int, ...]:
    """The numbers that have no room in an entry: those of size, packed size and offset there."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == ZIP_64:
            data = extra[4 : 4 + length]
            return struct.unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8])
        extra = extra[4 + length :]
    return ()


def _end_of(file: IO[bytes]) -> tuple[int, int, int, int, int] | None:
    """Where the directory ends; the disk it is on, its entries, its bytes, and its offset."""
    end = file.seek(0, io.SEEK_END)
    start = max(0, end - END.size - COMMENT_BYTES)
    file.seek(start)
    tail = file.read()
    found = tail.rfind(b"PK\5\6")
    if found < 0 or len(tail) - found < END.size:
        return None
    _, disk, _, _, count, size, offset, _ = END.unpack_from(tail, found)
    place = start + found
    if (before := place - LOCATOR_64.size) >= 0:
        file.seek(before)
        mark, _, where, _ = LOCATOR_64.unpack(file.read(LOCATOR_64.size))
        if mark == b"PK\6\7" and before >= END_64.size:
            # where it says, or right before: something may stand before the archive
            for place_64 in (where, before - END_64.size):
                if place_64 > before - END_64.size:
                    continue
                file.seek(place_64)
                numbers = END_64.unpack(file.read(END_64.size))
                if numbers[0] == b"PK\6\6":
                    _, _, _, _, disk, _, _, count, size, offset = numbers
                    return place_64, disk, count, size, offset
    return place, disk, count, size, offset


DAMAGED = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, struct.error, MemoryError)
