"""Text from elsewhere, such as a label, on its way into Markdown."""

import re
from collections.abc import Iterator, Sequence

from lookalike.terminal.printable import printable

LONGEST = 200
SPECIAL = re.compile(r"([\\`*_\[\]<>|~&:$])")
# What GitHub makes a link or a mention of without any markup, and notifies people by, or closes an
# issue: @name, a@b.c, #1, GH-1, www.example.org; not recall@1
CALL = re.compile(
    r"(?<![a-z0-9])@|@(?!\d+(?![\w.-]))|#|gh-(?=\d)|www(?=\.)", re.IGNORECASE | re.ASCII
)


def plain(text: str) -> str:
    """Text that is no Markdown and calls nobody, on one line, cut after 200 characters."""
    return CALL.sub("\\g<0>\u200b", SPECIAL.sub(r"\\\1", printable(text)[:LONGEST]))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, an empty one before it; none where there are no rows."""
    if rows:
        yield ""
        yield f"| {' | '.join(header)} |"
        yield f"|{'---|' * len(header)}"
        for row in rows:
            yield f"| {' | '.join(map(plain, row))} |"
