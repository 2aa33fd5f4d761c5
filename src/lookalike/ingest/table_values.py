"""The values of a table as texts, whatever wrote it."""

from datetime import date, time
from math import isfinite
from typing import Any


def texts(value: Any) -> tuple[str, ...]:
    """A table's value as texts: several for a list, none where nothing is said.

    Raises:
        ValueError: it is neither text nor a number nor a time, or is no text of Unicode.
    """
    match value:
        case None | "":
            return ()
        case str():
            if not is_plain(value):
                raise ValueError(f"{value!r} is not UTF-8 text")
            return (value,)
        case bool():
            return (str(value).lower(),)
        case int():
            return (str(value),)
        case float():  # whole numbers beside missing ones, as pandas writes them
            return (
                (str(int(value)) if value.is_integer() else repr(value),) if isfinite(value) else ()
            )
        case date() | time():
            return (value.isoformat(),)
        case list():
            return tuple(text for item in value for text in texts(item))
    raise ValueError(f"{value!r} is neither text nor a number")


def is_plain(value: Any) -> bool:
    """Whether `texts` takes a value, and it is no list of numbers."""
    if isinstance(value, list):
        return all(isinstance(item, str) and is_plain(item) for item in value)
    if isinstance(value, str):
        return value.isascii() or _is_unicode(value)
    return value is None or isinstance(value, int | float | date | time)


def _is_unicode(text: str) -> bool:
    """Whether a text has none of the surrogates that JSON can spell alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def several(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Labels, each for itself: `cat|dog` is two."""
    found = (part for label in labels for part in (label.split("|") if "|" in label else [label]))
    return tuple(dict.fromkeys(label for label in found if label))
