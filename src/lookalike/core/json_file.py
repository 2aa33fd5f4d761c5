"""JSON files: written in one canonical form, and read with care.

What is read may come from elsewhere, or be damaged, as by a merge that left its markers.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.files import atomic_file
from lookalike.core.regular_file import regular_text


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
        content = parse_json(regular_text(path))
        if not isinstance(content, dict):
            raise ValueError(f"it holds a {type(content).__name__}")
    except ValueError as error:
        raise DataError(
            f"{path}: is no JSON object ({error}); check it out again, or run its stage"
        ) from None
    return content


def to_json(value: Any) -> str:
    """The project's one JSON form: UTF-8, two spaces, order as given, no NaN, final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all.

    Raises:
        LookalikeError: a number in it is infinite, or not a number.
    """
    for name, number in _floats(value):
        if not math.isfinite(number):
            raise LookalikeError(
                f"{path}: is not written: {name} is {number}; embeddings or scores that it comes "
                "from are not finite"
            )
    with atomic_file(path) as partial:
        partial.write_text(to_json(value), encoding="utf-8")


def write_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write metrics as JSON, numbers rounded to six decimals: what is beyond that is noise."""
    write_json(path, rounded(metrics))


def rounded(value: Any) -> Any:
    """Round every float in nested dictionaries, lists and tuples to six decimals."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def _floats(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every float in nested dictionaries, lists and tuples, with its place, as in `valid.loss`."""
    if isinstance(value, float):
        yield name or "it", value
    elif isinstance(value, dict | list | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _floats(item, f"{name}.{key}" if name else str(key))
