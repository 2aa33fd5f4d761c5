"""Whether all combinations of a sweep's values are parameters of the project."""

import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from lookalike.core.errors import ConfigError, LookalikeError
from lookalike.core.params import parse_block
from lookalike.experiments.dimension import Dimension, Value, override_text
from lookalike.project.parameters import BLOCKS

Space = Mapping[str, Dimension]

# So many are checked; of more, as many at random.
MOST_COMBINATIONS = 1000


def check_space(space: Space, content: dict[str, Any], params: Path) -> None:
    """Check that every parameter is there, and every combination of values allowed.

    Between the ends of a range all is allowed where both ends are.

    Args:
        space: the values of each parameter.
        content: the content of the parameter file.
        params: its path.

    Raises:
        ConfigError: a parameter is not there, or a combination not allowed; one line.
    """
    names = sorted(_names(content))
    for name in space:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ConfigError(f"{name}: there is no such parameter in {params}{hint}")
    blocks = sorted({name.partition(".")[0] for name in space} & BLOCKS.keys())
    for values in _combinations(space):
        changed = with_values(content, values)
        for block in blocks:
            try:
                parse_block(BLOCKS[block], changed, params)
            except LookalikeError as error:
                reason = str(error).splitlines()[0].removeprefix(f"{params}: ")
                raise ConfigError(f"{shown_settings(values)} is not allowed: {reason}") from None


def shown_settings(values: Mapping[str, Value]) -> str:
    """Values as people read them, as in `train.lr=0.001, train.loss=bce`; floats are rounded."""
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


def shown(value: Value) -> str:
    """A value as people read it; a float is rounded to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else override_text(value)


def with_values(content: dict[str, Any], values: Mapping[str, Value]) -> dict[str, Any]:
    """The content of a parameter file with other values."""
    changed = deepcopy(content)
    for name, value in values.items():
        *above, key = name.split(".")
        group = changed
        for part in above:
            group = group[part]
        group[key] = value
    return changed


def value_at(content: Any, name: str) -> Any:
    """The value of a parameter, as in `train.lr`, or of a metric; None where there is none."""
    for key in name.split("."):
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _names(content: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The parameters of a file, as in `train.lr`; a group is none."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _names(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _combinations(space: Space) -> Iterator[dict[str, Value]]:
    """All combinations of choices and ends, or each value once and many combinations at random."""
    ends = {name: dimension.ends for name, dimension in space.items()}
    if prod(map(len, ends.values())) <= MOST_COMBINATIONS:
        yield from (dict(zip(ends, values, strict=True)) for values in product(*ends.values()))
        return
    first = {name: values[0] for name, values in ends.items()}
    yield from (first | {name: value} for name, values in ends.items() for value in values)
    generator = random.Random(0)
    for _ in range(MOST_COMBINATIONS):
        yield {name: generator.choice(values) for name, values in ends.items()}
