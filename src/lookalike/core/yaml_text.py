"""YAML that somebody has written, or a merge has left its markers in."""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lookalike.core.errors import one_line


def parse_yaml(text: str | bytes) -> Any:
    """The value of a YAML 1.2 text, as DVC reads it: `1e-05` is a number.

    Raises:
        ValueError: it is none, is no UTF-8, or is nested deeper than Python reads; the text says
            what, in one line.
    """
    try:
        return YAML(typ="safe", pure=True).load(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (YAMLError, ValueError) as error:  # ValueError: a date such as 2026-99-99
        raise ValueError(one_line(error, None)) from None
