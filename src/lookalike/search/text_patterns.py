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
    return pc.match_substring_regex(field, like_regex(pattern))


def any_like(field: pc.Expression, pattern: str) -> pc.Expression:
    """True for a list with a text that a LIKE pattern fits."""
    return _any_matches(field, any_like_regex(pattern))


def any_in(field: pc.Expression, texts: Iterable[str]) -> pc.Expression:
    """True for a list with one of the texts."""
    return _any_matches(field, _any_regex(map(_literal, texts)))


def like_regex(pattern: str) -> str:
    """A regular expression for texts that a LIKE pattern fits."""
    return f"(?s)^{_like(pattern, '.')}\\z"


def any_like_regex(pattern: str) -> str:
    """One for lists of texts, joined by `BETWEEN`, of which one fits."""
    return _any_regex([_like(pattern, f"[^{BETWEEN}]")])


def _any_regex(patterns: Iterable[str]) -> str:
    return f"(?s)(?:^|{BETWEEN})(?:{'|'.join(patterns)})(?:{BETWEEN}|\\z)"


def _any_matches(field: pc.Expression, regex: str) -> pc.Expression:
    not_empty = pc.list_value_length(field) > 0  # joined, no text is as one that is empty
    joined = pc.binary_join(field, pa.scalar(BETWEEN))
    return pc.and_kleene(not_empty, pc.match_substring_regex(joined, regex))


def _like(pattern: str, any_one: str) -> str:
    parts = re.split("([%_])", pattern)
    wildcards = {"%": f"{any_one}*", "_": any_one}
    return "".join(wildcards.get(part, _literal(part)) for part in parts)


def _literal(text: str) -> str:
    return "".join(c if c.isalnum() or not c.isascii() else f"\\x{{{ord(c):x}}}" for c in text)
