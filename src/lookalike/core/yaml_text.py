"""YAML that may come from elsewhere: from another branch, or from a damaged file."""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lookalike.core.errors import one_line

DEEPEST = 50
MOST = 1_000_000  # parts


def parse_yaml(content: bytes | str) -> Any:
    """The value of a YAML text.

    Raises:
        ValueError: it is none, is not UTF-8, is nested too deeply, or names the same parts so often
            that whoever goes through it never ends.
    """
    text = content if isinstance(content, str) else content.decode("utf-8")
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    # beside its own errors, ruamel.yaml lets those through that Python has for values and keys
    except (YAMLError, ArithmeticError, AssertionError, LookupError, TypeError) as error:
        raise ValueError(one_line(error)) from None
    for number, depth in enumerate(_depths(value)):
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")
        if number > MOST:
            raise ValueError("it is too large")
    return value


def _depths(value: Any) -> Iterator[int]:
    """The depth of each part; of one that is named by aliases, as often as it is named."""
    parts = [(value, 0)]
    while parts:
        part, depth = parts.pop()
        yield depth
        if isinstance(part, dict):
            parts += ((inner, depth + 1) for inner in part.values())
        elif isinstance(part, list | tuple | set):
            parts += ((inner, depth + 1) for inner in part)
