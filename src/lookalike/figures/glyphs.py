"""Text that the one font of our pictures can draw."""

from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font

FONT = "DejaVu Sans"  # comes with matplotlib, so the same text gives the same pixels everywhere


def drawable(text: str) -> str:
    """The text, with what the font lacks, such as Chinese, as code points instead of boxes."""
    font = _font()
    return "".join(
        c if c == "\n" or font.get_char_index(ord(c)) else c.encode("unicode_escape").decode()
        for c in text
    )


@cache
def _font() -> FT2Font:
    return FT2Font(str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")))
