"""Text from elsewhere, such as a label, on its way into Markdown."""

import re
from collections.abc import Iterator, Sequence

from lookalike.terminal.printable import printable

LONGEST = 200
SPECIAL = re.compile(r"([\\`*_\[\]<>|~&:])")
MENTION = re.compile(r"(?<!\w)@")


def plain(text: str) -> str:
    """Text that is no Markdown and mentions nobody, on one line, cut after 200 characters."""
    return MENTION.sub("@\u200b", SPECIAL.sub(r"\\\1", printable(text[:LONGEST])))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, an empty one before it; none where there are no rows."""
    if rows:
        yield ""
        yield f"| {' | '.join(header)} |"
        yield f"|{'---|' * len(header)}"
        for row in rows:
            yield f"| {' | '.join(map(plain, row))} |"
