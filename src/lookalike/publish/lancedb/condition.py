"""From the tree of a filter to SQL of LanceDB, which takes no parameters: texts are quoted.

Names are our own (`rows.column_names`). For LanceDB, NaN is larger than all numbers, or smaller;
here, nothing is smaller or larger.
"""

import math
from collections.abc import Mapping

import pyarrow as pa

from lookalike.core.errors import QueryError
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
from lookalike.search.text_patterns import BETWEEN, any_like_regex, like_regex

DEEPEST = 12


def condition_of(node: Node, names: Mapping[str, str]) -> str:
    """What a filter means.

    Args:
        node: the filter.
        names: what its columns are called in the table.

    Raises:
        QueryError: it is nested more deeply than LanceDB's parser bears.
    """
    pushed = _without_nots(node, negative=False)
    if _depth(pushed) > DEEPEST:
        raise QueryError(
            f"where: has more than {DEEPEST} levels of OR within AND, too many for LanceDB"
        )
    return _condition(pushed, names)


def _without_nots(node: Node, negative: bool) -> Node:
    """The same, or its opposite, with `Not` before comparisons alone, by De Morgan's laws.

    LanceDB's parser tries each NOT before a parenthesis twice, and gives up at a certain depth.
    """
    match node:
        case Not(inner):
            return _without_nots(inner, not negative)
        case Both(left, right) | Either(left, right):
            joined = Both if isinstance(node, Both) != negative else Either
            return joined(_without_nots(left, negative), _without_nots(right, negative))
        case _:
            return Not(node) if negative else node


def _depth(node: Node) -> int:
    """How many parentheses `_condition` puts inside each other."""
    match node:
        case Both(left, right):
            return max(_depth(side) + isinstance(side, Either) for side in (left, right))
        case Either(left, right):
            return max(_depth(left), _depth(right))
        case _:
            return 0


def _condition(node: Node, names: Mapping[str, str]) -> str:
    match node:
        case Not(inner):
            return f"(NOT {_condition(inner, names)})"
        case Both(left, right):
            return " AND ".join(
                f"({part})" if isinstance(side, Either) else part
                for side in (left, right)
                for part in [_condition(side, names)]
            )
        case Either(left, right):
            return f"{_condition(left, names)} OR {_condition(right, names)}"
        case Missing(column):
            return f"({names[column.name]} IS NULL)"
        case Fits(column, pattern) if pa.types.is_list(column.type):
            name = names[column.name]
            joined = f"array_to_string({name}, {_literal(BETWEEN)})"
            return _of_a_list(name, f"regexp_like({joined}, {_literal(any_like_regex(pattern))})")
        case Fits(column, pattern):
            return f"regexp_like({names[column.name]}, {_literal(like_regex(pattern))})"
        case Among(column, values) if pa.types.is_list(column.type):
            name = names[column.name]
            texts = ", ".join(map(_literal, values))
            return _of_a_list(name, f"array_has_any({name}, make_array({texts}))")
        case Among(column, values):
            return f"({_comparable(column, names)} IN ({', '.join(map(_literal, values))}))"
        case Comparison(column, operator, value):
            name = _comparable(column, names)
            compared = f"{name} {operator} {_literal(value)}"
            if isinstance(value, str) or operator in {"=", "!="}:
                return f"({compared})"
            return f"({compared} AND NOT isnan({name}))"


def _comparable(column: pa.Field, names: Mapping[str, str]) -> str:
    name = names[column.name]
    return name if column.type == pa.string() else f"(CAST({name} AS DOUBLE) + 0.0)"  # -0 is 0


def _literal(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value + 0.0) if math.isfinite(value) else f"CAST('{value}' AS DOUBLE)"


def _of_a_list(name: str, condition: str) -> str:
    """Of a list with a missing text among others, nothing is known."""
    known = f"nullif(array_position({name}, NULL) IS NULL, false)"  # true, or null
    return f"(array_length({name}) > 0 AND ({condition} OR NOT {known}) AND {known})"
