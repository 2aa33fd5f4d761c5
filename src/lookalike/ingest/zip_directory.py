"""The directory of a zip archive: what its end says of the members.

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import io
import struct
from collections.abc import Iterator
from typing import IO, NamedTuple
from zipfile import BadZipFile

END = struct.Struct("<4s4H2LH")
LOCATOR_64 = struct.Struct("<4sLQL")
END_64 = struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s6H3L5H2L")
COMMENT_BYTES = 2**16
ZIP_64, UNIX, ENCRYPTED = 1, 3, 1


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


def entries(file: IO[bytes]) -> Iterator[Entry]:
    """The members, in the order of the directory.

    Raises:
        BadZipFile: the directory is damaged, or in another file.
    """
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
