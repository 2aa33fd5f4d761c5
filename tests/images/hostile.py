"""Images that are small as files and slow to decode."""

from collections.abc import Callable

from PIL import Image

Encode = Callable[..., bytes]


def jpeg_of_many_scans(encoded: Encode, side: int = 2000, scans: int = 20_000) -> bytes:
    """A progressive JPEG of `side` x `side` pixels of which every scan is read over all of them."""
    whole = encoded(Image.new("L", (side, side), 128), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xc4") : -2]  # a Huffman table, and 14 bytes of a scan
    return whole[:-2] + last * scans + whole[-2:]
