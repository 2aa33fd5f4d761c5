"""Text from elsewhere on its way to a terminal: names of files, labels, what a server said."""

import codecs
import json
import re
from typing import Any

# What commands a terminal: control characters (C0, DEL, C1), separators of lines, and the controls
# that reorder what is around them, so that "photo[U+202E]gpj.exe" reads as another name; also the
# halves of surrogate pairs, which stand for the bytes of a file name that is no text
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Text in which nothing commands the terminal: controls are escaped as in `\\x1b`."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def printable_lines(text: str) -> str:
    """As `printable`, but for line feeds: messages may have several lines."""
    return "\n".join(map(printable, text.split("\n")))


def printable_json(value: Any, encoding: str, indent: int | None = 2) -> str:
    """JSON in which nothing commands the terminal, for an output in some encoding.

    What is escaped is escaped as JSON does it, so programs read what was meant. Without an
    indent it is one line.
    """
    is_utf_8 = codecs.lookup(encoding).name == "utf-8"
    text = json.dumps(value, indent=indent, ensure_ascii=not is_utf_8, allow_nan=False)
    lines = text.split("\n")  # JSON's own
    return "\n".join(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines)
