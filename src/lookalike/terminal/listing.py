"""Names in a line of text: a few of them, and how many more there are."""

from collections.abc import Sequence

SHOWN = 5


def some_of(names: Sequence[str]) -> str:
    """Up to five names, as in `'ant', 'bee' and 7 more`; the order is kept."""
    shown = ", ".join(map(repr, names[:SHOWN]))
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
