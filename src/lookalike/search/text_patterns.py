"""Regular expressions for texts, and for lists of them: Arrow compares neither by itself.

Arrow's own LIKE stumbles over backslashes, and its expressions know no function for lists.
"""

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

BETWEEN = "\x1f"  # the texts of a list when they are joined: Unicode's unit separator


def like(field: pc.Expression, pattern: str) -> pc.Expression:
    """True for a text that a LIKE pattern fits: `%` is any characters, `_` is one."""
    return pc.match_substring_regex(field, f"(?s)^{_like(pattern, '.')}\\z")


def any_like(field: pc.Expression, pattern: str) -> pc.Expression:
    """True for a list with a text that a LIKE pattern fits."""
    return _any_matches(field, [_like(pattern, f"[^{BETWEEN}]")])


def any_in(field: pc.Expression, texts: Iterable[str]) -> pc.Expression:
    """True for a list with one of the texts."""
    return _any_matches(field, map(_literal, texts))


def _any_matches(field: pc.Expression, patterns: Iterable[str]) -> pc.Expression:
    one = f"(?s)(?:^|{BETWEEN})(?:{'|'.join(patterns)})(?:{BETWEEN}|\\z)"
    not_empty = pc.list_value_length(field) > 0  # joined, no text is as one that is empty
    joined = pc.binary_join(field, pa.scalar(BETWEEN))
    return pc.and_kleene(not_empty, pc.match_substring_regex(joined, one))


def _like(pattern: str, any_one: str) -> str:
    parts = re.split("([%_])", pattern)
    wildcards = {"%": f"{any_one}*", "_": any_one}
    return "".join(wildcards.get(part, _literal(part)) for part in parts)


def _literal(text: str) -> str:
    return "".join(c if c.isalnum() or not c.isascii() else f"\\x{{{ord(c):x}}}" for c in text)
