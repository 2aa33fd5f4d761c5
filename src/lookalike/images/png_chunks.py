"""A PNG without what Pillow refuses it for: texts, and a color profile, of more than a megabyte.

PNG, third edition, 5.3 and 11.3: chunks of a length, a name, data and a checksum.
"""

import struct
import zlib
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Of one text or profile, unpacked, and of all of them: Pillow's limits for texts.
MOST_BYTES = 2**20
MOST_BYTES_IN_ALL = 64 * 2**20
# Of a profile that is unpacked here.
MOST_PROFILE = 16 * 2**20


class SmallPng(NamedTuple):
    """A PNG that Pillow reads.

    Attributes:
        data: the file without its large chunks; the file itself where it has none.
        profile: an ICC profile that was too large; None: what there is, is in the data.
    """

    data: bytes
    profile: bytes | None


def without_large_chunks(data: bytes) -> SmallPng:
    """Leave out large texts, and unpack a large profile. What follows damage stays as it is."""
    kept, profile, unpacked, start, place = [], None, 0, 0, len(SIGNATURE)
    while place + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if name in _PACKED:
            content = b""
            if unpacked <= MOST_BYTES_IN_ALL:
                content = _unpacked(name, data[place + 8 : end - 4])
                unpacked += len(content)
            if len(content) > MOST_BYTES or unpacked > MOST_BYTES_IN_ALL:
                kept.append(data[start:place])
                start = end
                if name == b"iCCP" and MOST_BYTES < len(content) <= MOST_PROFILE:
                    profile = content
        place = end
    return SmallPng(b"".join([*kept, data[start:]]) if kept else data, profile)


def _unpacked(name: bytes, chunk: bytes) -> bytes:
    """What a chunk holds behind its names, and no more than one byte beyond the limit."""
    start = chunk.find(b"\0") + 1
    most = MOST_PROFILE if name == b"iCCP" else MOST_BYTES
    is_packed = _PACKED[name] or (name == b"iTXt" and chunk[start : start + 1] == b"\1")
    if not is_packed:
        return chunk[start : start + most + 1]
    start += 1
    if name == b"iTXt":  # a method, a language and a translated keyword
        start = chunk.find(b"\0", chunk.find(b"\0", start + 1) + 1) + 1
    try:
        return zlib.decompressobj().decompress(chunk[start:], most + 1)
    except zlib.error:
        return b""


# The chunks that may be large, and whether they are always packed.
_PACKED = {b"tEXt": False, b"iTXt": False, b"zTXt": True, b"iCCP": True}
