"""Names and numbers of things in a line of text."""

from collections.abc import Sequence

SHOWN = 5


def some_of(names: Sequence[str]) -> str:
    """Up to five names, as in `'ant', 'bee' and 7 more`; the order is kept."""
    shown = ", ".join(map(repr, names[:SHOWN]))
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def all_of(names: Sequence[str]) -> str:
    """Every name, as in `ant`, `ant and bee` and `ant, bee and fly`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def counted(number: int, thing: str) -> str:
    """As in `1 file`, `2 files` and `2 classes`."""
    ending = "es" if thing.endswith("s") else "s"
    return f"{number} {thing}{'' if number == 1 else ending}"
