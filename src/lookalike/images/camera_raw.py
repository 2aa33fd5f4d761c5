"""Camera raw: files of which other programs show a small preview as if it were the photograph."""

import re

from lookalike.images.tiff_directory import (
    COMPRESSION,
    DNG_VERSION,
    MAKE,
    PHOTOMETRIC,
    directories,
)

SIGNATURES = {
    rb"FUJIFILMCCD-RAW": "Fujifilm RAF",
    rb"....ftypcrx ": "Canon CR3",
    rb"II\x1a\0\0\0HEAPCCDR": "Canon CRW",
    rb"II\*\0....CR": "Canon CR2",
    rb"IIR[OS]|MMOR": "Olympus ORF",
    rb"IIU\0": "Panasonic RW2",
    rb"FOVb": "Sigma X3F",
    rb"\0MRM": "Minolta MRW",
}
BY_MAKE = {
    "nikon": "Nikon NEF",
    "sony": "Sony ARW",
    "pentax": "Pentax PEF",
    "ricoh": "Pentax PEF",
    "samsung": "Samsung SRW",
    "hasselblad": "Hasselblad 3FR",
    "phase": "Phase One IIQ",
    "leaf": "Leaf MOS",
    "epson": "Epson ERF",
    "mamiya": "Mamiya MEF",
    "kodak": "Kodak DCR",
    "eastman": "Kodak DCR",
}

# One number a pixel, behind a mosaic of colors, or three before they are mixed (DNG 1.7).
SENSOR_PHOTOMETRICS = {32803, 34892}
# Of Sony, Nikon and Pentax, for pixels of the sensor alone.
SENSOR_COMPRESSIONS = {32767, 34713, 65535}


def camera_raw(data: bytes) -> str | None:
    """Which camera's raw format it is, such as `Nikon NEF`; None for any other file."""
    for signature, name in SIGNATURES.items():
        if re.match(signature, data[:16], re.DOTALL):
            return name
    make = ""
    for directory in directories(data):
        make = make or directory.text(MAKE).lower()
        if DNG_VERSION in directory.entries:
            return "DNG"
        if (
            directory.number(PHOTOMETRIC) in SENSOR_PHOTOMETRICS
            or directory.number(COMPRESSION) in SENSOR_COMPRESSIONS
        ):
            return next((BY_MAKE[name] for name in BY_MAKE if make.startswith(name)), "of a camera")
    return None
