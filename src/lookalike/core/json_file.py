"""JSON that was written elsewhere, or damaged since, as by a merge that left its markers."""

import json
from pathlib import Path
from typing import Any

from lookalike.core.errors import DataError


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none, or nested deeper than Python reads.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        DataError: it holds none.
        OSError: it cannot be read.
    """
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"it holds a {type(content).__name__}")
    except ValueError as error:
        raise DataError(
            f"{path}: is no JSON object ({error}); check it out again, or run its stage"
        ) from None
    return content
