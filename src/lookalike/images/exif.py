"""What EXIF says of a photograph beside its pixels: when it was taken, by which camera, and where.

Exif 3.0 (CIPA DC-008), section 4.6. Entries are read one by one: an odd one hides itself alone.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
from PIL import Image

from lookalike.images.tiff_directory import (
    EXIF_DIRECTORY,
    GPS_DIRECTORY,
    MAKE,
    MODEL,
    Directory,
    directory_at,
    first_directory,
)

ExifFact = Literal["captured_at", "camera", "position"]

# The columns that each fact fills.
COLUMNS: dict[ExifFact, tuple[pa.Field, ...]] = {
    "captured_at": (pa.field("captured_at", pa.string()),),
    "camera": (pa.field("camera", pa.string()),),
    "position": (pa.field("latitude", pa.float64()), pa.field("longitude", pa.float64())),
}
CAPTURED, DIGITIZED, CAPTURED_OFFSET = 36867, 36868, 36881
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4
OFFSET = re.compile(r"[+-]\d\d:\d\d")


def exif_fields(facts: Sequence[ExifFact]) -> list[pa.Field]:
    """The columns of some facts, in the order of `COLUMNS`."""
    return [field for fact, fields in COLUMNS.items() if fact in facts for field in fields]


def exif_block(image: Image.Image) -> bytes:
    """The EXIF of an opened image, a TIFF without pixels; empty where it has none."""
    exif: bytes = image.info.get("exif") or _as_text(image.info.get("Raw profile type exif"))
    while exif.startswith(b"Exif\0\0"):  # some write it twice
        exif = exif[6:]
    return exif


def exif_columns(block: bytes, facts: Sequence[ExifFact]) -> dict[str, Any]:
    """The columns of some facts; None where EXIF does not say, or says what cannot be.

    The time is that of the camera's clock, as `2024-05-01T12:30:00`, followed by its offset from
    UTC where that is known; the position in degrees, north and east positive.

    Args:
        block: EXIF, or a whole TIFF.
        facts: which ones.
    """
    first = first_directory(block)
    found: dict[str, Any] = {}
    if "captured_at" in facts:
        found["captured_at"] = _captured_at(directory_at(block, first.number(EXIF_DIRECTORY)))
    if "camera" in facts:
        found["camera"] = _camera(first)
    if "position" in facts:
        gps = directory_at(block, first.number(GPS_DIRECTORY))
        latitude = _degrees(gps, LATITUDE, LATITUDE_REF, "NS", 90)
        longitude = _degrees(gps, LONGITUDE, LONGITUDE_REF, "EW", 180)
        known = latitude is not None and longitude is not None
        found |= {"latitude": latitude, "longitude": longitude} if known else {}
    return found


def _captured_at(exif: Directory) -> str | None:
    for tag in (CAPTURED, DIGITIZED):
        try:
            moment = datetime.strptime(exif.text(tag), "%Y:%m:%d %H:%M:%S")
        except ValueError:  # absent, or 0000:00:00 of a camera whose clock was never set
            continue
        offset = exif.text(CAPTURED_OFFSET)
        known = tag == CAPTURED and OFFSET.fullmatch(offset)
        return moment.isoformat() + (offset if known else "")
    return None


def _camera(first: Directory) -> str | None:
    """Make and model; the make alone once, where the model repeats it."""
    make, model = first.text(MAKE), first.text(MODEL)
    if model.lower().startswith(make.lower()):
        return model or None
    return f"{make} {model}".strip()


def _degrees(
    gps: Directory, tag: int, reference: int, directions: str, most: float
) -> float | None:
    """Degrees, minutes and seconds as degrees: positive for the first of the two directions."""
    parts = gps.fractions(tag)
    direction = gps.text(reference).upper()
    if len(parts) != 3 or not direction or direction not in directions:
        return None
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    if degrees > most:
        return None
    return round(degrees if direction == directions[0] else -degrees, 7)


def _as_text(profile: object) -> bytes:
    """EXIF as ImageMagick writes it into a PNG: a name and a length, then hexadecimal digits."""
    try:
        return bytes.fromhex("".join(str(profile or "").split("\n")[3:]))
    except ValueError:
        return b""
