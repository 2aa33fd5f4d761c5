"""The numbers in a directory of a TIFF, and of EXIF, which is one: read alone, not as a whole.

TIFF 6.0, section 2. A damaged or odd entry hides itself, none of the others.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

# Tags.
SUBFILE_TYPE, BITS, COMPRESSION, PHOTOMETRIC, MAKE, MODEL = 254, 258, 259, 262, 271, 272
ORIENTATION, PLANAR, TILE_WIDTH, TILE_LENGTH, SUBDIRECTORIES = 274, 284, 322, 323, 330
EXTRA_SAMPLES, SAMPLE_FORMAT, NODATA, DNG_VERSION = 338, 339, 42113, 50706
EXIF_DIRECTORY, GPS_DIRECTORY = 34665, 34853

BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
FORMATS = {1: "B", 2: "s", 3: "H", 4: "I", 5: "Q", 13: "I"}  # BYTE to RATIONAL, IFD
RATIONAL = 5
MOST_VALUES = 64
MOST_DIRECTORIES = 32


class Directory(NamedTuple):
    """Entries by tag: integers, fractions, or text as one item of bytes."""

    entries: dict[int, tuple[int | float | bytes, ...]]
    following: int

    def number(self, tag: int) -> int | None:
        """The first number of an entry."""
        value = self.entries.get(tag, (None,))[0]
        return value if isinstance(value, int) else None

    def numbers(self, tag: int) -> list[int]:
        """All numbers of an entry."""
        return [value for value in self.entries.get(tag, ()) if isinstance(value, int)]

    def text(self, tag: int) -> str:
        """An entry of text, without what pads it; empty where there is none."""
        value = self.entries.get(tag, (None,))[0]
        if not isinstance(value, bytes):
            return ""
        return value.partition(b"\0")[0].decode(errors="replace").strip()

    def fractions(self, tag: int) -> list[float]:
        """All values of an entry of fractions."""
        return [value for value in self.entries.get(tag, ()) if isinstance(value, float)]


NONE = Directory({}, 0)


def first_directory(data: bytes) -> Directory:
    """The first directory of a TIFF; without entries where there is none."""
    return next(directories(data), NONE)


def directory_at(data: bytes, offset: int | None) -> Directory:
    """The directory at an offset in a TIFF; without entries where there is none."""
    order = BYTE_ORDERS.get(data[:4])
    if order is None or offset is None or not 0 < offset <= len(data) - 2:
        return NONE
    return _read(data, order, offset)


def directories(data: bytes) -> Iterator[Directory]:
    """The directories of a TIFF and those below them, each once, no more than 32."""
    order = BYTE_ORDERS.get(data[:4])
    if order is None or len(data) < 8:
        return
    ahead: list[int] = [struct.unpack_from(order + "I", data, 4)[0]]
    seen: set[int] = set()
    while ahead and len(seen) < MOST_DIRECTORIES:
        offset = ahead.pop(0)
        if offset in seen or not 0 < offset <= len(data) - 2:
            continue
        seen.add(offset)
        directory = _read(data, order, offset)
        yield directory
        ahead += [*directory.numbers(SUBDIRECTORIES), directory.following]


def _read(data: bytes, order: str, offset: int) -> Directory:
    (count,) = struct.unpack_from(order + "H", data, offset)
    table = data[offset + 2 : offset + 2 + 12 * count]
    entries = {}
    for place in range(0, len(table) - 11, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", table, place)
        if kind not in FORMATS or not 0 < number <= MOST_VALUES:
            continue
        form = f"{order}{number}{FORMATS[kind]}"
        size = struct.calcsize(form)
        (value,) = struct.unpack_from(order + "I", table, place + 8)
        stored = table[place + 8 :] if size <= 4 else data[value : value + size]
        if len(stored) >= size:
            values = struct.unpack_from(form, stored)
            entries[tag] = tuple(_fractions(stored, order, number)) if kind == RATIONAL else values
    end = data[offset + 2 + len(table) :][:4]
    following = struct.unpack(order + "I", end)[0] if len(end) == 4 else 0
    return Directory(entries, following)


def _fractions(stored: bytes, order: str, number: int) -> Iterator[float]:
    """Numerators and denominators as numbers; those that divide by zero are left out."""
    for above, below in struct.iter_unpack(order + "II", stored[: 8 * number]):
        if below:
            yield above / below
