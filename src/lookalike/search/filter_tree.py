"""What a filter says, as a tree: from it come an Arrow expression, and the SQL of a store."""

from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

Value: TypeAlias = str | float


@dataclass(frozen=True)
class Comparison:
    """A column of texts or numbers beside a value; `operator` is one of `= != < <= > >=`."""

    column: pa.Field
    operator: str
    value: Value


@dataclass(frozen=True)
class Among:
    """A column is one of some values; a list, where one of its texts is."""

    column: pa.Field
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Fits:
    """A text, or one of a list, fits a LIKE pattern: `%` is any characters, `_` is one."""

    column: pa.Field
    pattern: str


@dataclass(frozen=True)
class Missing:
    """A column has no value."""

    column: pa.Field


@dataclass(frozen=True)
class Not:
    """The opposite; of what is neither true nor false, neither."""

    inner: "Node"


@dataclass(frozen=True)
class Both:
    """Two parts that are both true."""

    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Either:
    """Two parts of which one is true."""

    left: "Node"
    right: "Node"


Node: TypeAlias = Comparison | Among | Fits | Missing | Not | Both | Either
