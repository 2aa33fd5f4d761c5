"""From the tree of a filter to a filter of `$vectorSearch`, where that says exactly the same.

It has the operators of a query, but what it does with missing values, NaN and the like is nowhere
promised. So a comparison is said of values alone: what has none passes neither it nor its opposite.

https://www.mongodb.com/docs/vector-search/query/aggregation-stages/vector-search-stage/
"""

import math
import sys
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.publish.mongodb.documents import Document
from lookalike.search.filter_tree import (
    Among,
    Both,
    Comparison,
    Either,
    Fits,
    Missing,
    Node,
    Not,
    Value,
)

OPERATORS = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
LONGEST_TEXT = 8000  # bytes; Lucene's terms have at most 32,766
LARGEST_NUMBER = 2**53  # beyond it, not every whole number is a 64-bit floating-point one
MOST_COMPARISONS = 200  # Lucene takes 1024 clauses, and one of ours may be several
DEEPEST = 40  # a level of ours is two of MongoDB's documents, which have 100
NOTHING: Document = {"row": {"$lt": 0}}


class _UnsaidError(Exception):
    """The filter is not said by `$vectorSearch`, or not surely."""


def filter_columns(metadata: pa.Table) -> list[str]:
    """The columns by whose values `$vectorSearch` filters as we do: those without odd ones."""
    return [
        field.name
        for field in metadata.schema
        if is_plain(field.name) and _is_comparable(metadata[field.name])
    ]


def condition_of(node: Node, columns: Collection[str]) -> Document | None:
    """What a filter means; None where `$vectorSearch` does not say it.

    Args:
        node: the filter.
        columns: those that `filter_columns` gave.
    """
    if sum(1 for _ in comparisons(node)) > MOST_COMPARISONS:
        return None
    try:
        return _condition(node, columns, negative=False, depth=0)
    except _UnsaidError:
        return None


def comparisons(node: Node) -> Iterator[Comparison | Among | Fits | Missing]:
    """The leaves of a tree."""
    match node:
        case Not(inner):
            yield from comparisons(inner)
        case Both(left, right) | Either(left, right):
            yield from comparisons(left)
            yield from comparisons(right)
        case _:
            yield node


def _condition(node: Node, columns: Collection[str], negative: bool, depth: int) -> Document:
    """What a filter means, or its opposite: negations are said by comparisons alone."""
    match node:
        case Not(inner):
            return _condition(inner, columns, not negative, depth)
        case Both(left, right) | Either(left, right):
            if depth == DEEPEST:
                raise _UnsaidError
            joined = "$and" if isinstance(node, Both) != negative else "$or"
            sides = (_condition(side, columns, negative, depth + 1) for side in (left, right))
            return {joined: list(sides)}
        case Fits():
            raise _UnsaidError
    if node.column.name not in columns:
        raise _UnsaidError
    match node:
        case Missing(column):
            return _known(column) if negative else {"$nor": [_known(column)]}
        case Among(column, values):
            return _among(column, values, negative)
        case Comparison(column, "=" | "!=" as operator, value):
            return _among(column, (value,), negative != (operator == "!="))
        case Comparison(column, operator, value):
            said = OPERATORS[OPPOSITES[operator] if negative else operator]
            return {column.name: {said: _said(column, value)}}


def _known(column: pa.Field) -> Document:
    """That there is a value: it is at least the lowest one."""
    if pa.types.is_list(column.type):  # one without texts is a value, too
        raise _UnsaidError
    lowest: Any = -LARGEST_NUMBER
    if column.type in {pa.string(), pa.float64()}:
        lowest = "" if column.type == pa.string() else -sys.float_info.max
    return {column.name: {"$gte": lowest}}


def _among(column: pa.Field, values: tuple[Value, ...], negative: bool) -> Document:
    said = [_said(column, value) for value in values]
    if pa.types.is_integer(column.type):  # no other number is equal to one
        said = [value for value in said if isinstance(value, int)]
    if not negative:
        return {column.name: {"$in": said}} if said else NOTHING
    known = _known(column)
    return {"$and": [known, {column.name: {"$nin": said}}]} if said else known


def _said(column: pa.Field, value: Value) -> Any:
    """A value as it is compared with those of a column."""
    if isinstance(value, str):
        if len(value.encode()) > LONGEST_TEXT:
            raise _UnsaidError
        return value
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise _UnsaidError
    return int(value) if pa.types.is_integer(column.type) and value.is_integer() else value + 0.0


def is_plain(name: str) -> bool:
    """Whether a name is that of one field, not a path to a nested one, or an operator."""
    return bool(name) and "." not in name and "\0" not in name and not name.startswith("$")


def _is_comparable(column: pa.ChunkedArray) -> bool:
    if pa.types.is_list(column.type):
        column = pc.list_flatten(column)
        if column.null_count:
            return False
    if column.type == pa.string():
        longest = pc.max(pc.binary_length(column)).as_py()
        return longest is None or longest <= LONGEST_TEXT
    values = column.drop_null().to_numpy()
    if pa.types.is_floating(column.type):  # -0 is 0, but may be another key
        return bool(np.isfinite(values).all() and not np.signbit(values[values == 0]).any())
    return bool(((values >= -LARGEST_NUMBER) & (values <= LARGEST_NUMBER)).all())
