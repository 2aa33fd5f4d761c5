"""TIFFs that no writer makes, from such as one does."""

import struct


def with_entries(data: bytes, *entries: bytes, following: int = 0) -> bytes:
    """A little-endian TIFF with more entries of 12 bytes in its first directory."""
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    table = [data[at : at + 12] for at in range(start + 2, start + 2 + 12 * count, 12)]
    table = sorted([*table, *entries], key=lambda entry: struct.unpack_from("<H", entry))
    data += bytes(len(data) % 2)
    directory = struct.pack("<H", len(table)) + b"".join(table) + struct.pack("<I", following)
    return data[:4] + struct.pack("<I", len(data)) + data[8:] + directory


def with_short(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF with one more number in its first directory."""
    return with_entries(data, struct.pack("<HHIHH", tag, 3, 1, value, 0))


def directory(*entries: bytes) -> bytes:
    """A little-endian TIFF of nothing but a directory, as EXIF is one."""
    empty = b"II*\0" + struct.pack("<I", 8) + bytes(6)
    return with_entries(empty, *entries)
