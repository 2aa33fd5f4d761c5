"""Sizes in headers of formats for which memory is taken before Pillow tells a size."""

import struct

from lookalike.images.png_chunks import SIGNATURE


def announced_sizes(data: bytes) -> list[tuple[int, int]]:
    """Widths and heights that an encoded image announces.

    Of WebP the canvas, which is taken at once; of an icon those of the images inside, which may be
    larger than its own list says. None of other formats.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return [_canvas_of_webp(data)]
    if data[:4] == b"\0\0\1\0":
        entries = [struct.unpack_from("<I", entry, 12)[0] for entry in _icon_entries(data)]
        return [size for offset in entries if (size := _size_in_icon(data[offset : offset + 24]))]
    return []


def _canvas_of_webp(data: bytes) -> tuple[int, int]:
    """The size in the header of a WebP (RFC 9649, 2.4 to 2.7)."""
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return width + 1, height + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _icon_entries(data: bytes) -> list[bytes]:
    (count,) = struct.unpack_from("<H", data, 4)
    return [data[at : at + 16] for at in range(6, min(6 + 16 * count, len(data) - 15), 16)]


def _size_in_icon(header: bytes) -> tuple[int, int] | None:
    """The size of one image of an icon: a PNG, or a bitmap as high as it and its mask."""
    if header.startswith(SIGNATURE):
        width, height = struct.unpack_from(">II", header.ljust(24, b"\0"), 16)
        return width, height
    if len(header) < 12:
        return None
    width, height = struct.unpack_from("<ii", header, 4)
    return abs(width), abs(height) // 2
