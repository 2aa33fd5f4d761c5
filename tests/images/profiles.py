"""Small ICC profiles (ICC.1:2001-04), whose colors are far from sRGB."""

import struct

import numpy as np


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + _fixed(0.9642, 1, 0.8249),
        **tags,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    header = struct.pack(">I4s4s", start + len(body), bytes(4), b"\x02\x40\0\0")
    header += kind + space + connection + bytes(12) + b"acsp" + bytes(28)
    return (header + _fixed(0.9642, 1, 0.8249)).ljust(128, b"\0") + table + body


def _gamma(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def _rgb(colorants: np.ndarray, gamma: float) -> bytes:
    tags = {}
    for color, xyz in zip((b"r", b"g", b"b"), colorants, strict=True):
        tags[color + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(*xyz)
        tags[color + b"TRC"] = _gamma(gamma)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


# Adapted to D50, as Bradford's matrix does it: rows of red, green and blue.
DISPLAY_P3 = _rgb(
    np.array([[0.5151, 0.2412, -0.0011], [0.2919, 0.6922, 0.0419], [0.1572, 0.0666, 0.7841]]), 2.2
)
ADOBE_RGB = _rgb(
    np.array([[0.6097, 0.3111, 0.0195], [0.2053, 0.6257, 0.0609], [0.1492, 0.0632, 0.7446]]), 2.2
)
LINEAR_GRAY = _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(1.0)})


def _cmyk() -> bytes:
    """Dull inks: L*a*b* at the 16 corners, black last, mixed in between."""
    inks = {0: (0.5, -30, -40), 1: (0.45, 60, -5), 2: (0.85, -5, 75), 3: (0.1, 0, 0)}
    corners = []
    for corner in range(16):
        lightness, a, b = 1.0, 0.0, 0.0
        for ink, (share, red, yellow) in inks.items():
            if corner >> (3 - ink) & 1:
                lightness, a, b = lightness * share, a + red, b + yellow
        corners += [round(lightness * 255), round(a / 2 + 128), round(b / 2 + 128)]
    straight = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += straight * 4 + bytes(corners) + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


CMYK = _cmyk()
