"""From the tree of a filter to SQL of PostgreSQL; every value is a parameter, every name quoted.

Texts are compared byte by byte (the columns' collation is "C"). For PostgreSQL, NaN is larger than
all numbers; here, nothing is smaller, larger or equal to it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
from psycopg.sql import SQL, Composable, Composed, Identifier

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

COMPARISONS = {
    "=": SQL("="),
    "!=": SQL("<>"),
    "<": SQL("<"),
    "<=": SQL("<="),
    ">": SQL(">"),
    ">=": SQL(">="),
}
# What no text can be equal to is as near to it as a text can be
SMALLER_WITHOUT_NUL = {"<": "<=", "<=": "<=", ">": ">", ">=": ">"}
AND, OR = SQL("({}) AND ({})"), SQL("({}) OR ({})")
NOTHING = SQL("{0} <> {0}")  # false; of a missing value neither


class Condition(NamedTuple):
    """SQL that is true, false or null, and the values of its placeholders."""

    sql: Composable
    values: list[Any]


def condition_of(node: Node, names: Mapping[str, str]) -> Condition:
    """What a filter means.

    Args:
        node: the filter.
        names: what its columns are called in the table.
    """
    match node:
        case Not(inner):
            sql, values = condition_of(inner, names)
            return Condition(SQL("NOT ({})").format(sql), values)
        case Both(left, right):
            return _joined(AND, condition_of(left, names), condition_of(right, names))
        case Either(left, right):
            return _joined(OR, condition_of(left, names), condition_of(right, names))
        case Missing(column):
            return Condition(SQL("{} IS NULL").format(_name(column, names)), [])
        case Fits(column, pattern):
            return _fits(column, pattern, _name(column, names))
        case Among(column, values):
            return _among(column, list(values), _name(column, names))
        case Comparison(column, operator, value):
            name = _name(column, names)
            if isinstance(value, str):
                return _compared_text(name, operator, value)
            return _compared_number(name, operator, value)


def _joined(template: SQL, left: Condition, right: Condition) -> Condition:
    return Condition(template.format(left.sql, right.sql), left.values + right.values)


def _name(column: pa.Field, names: Mapping[str, str]) -> Composed:
    """The column as it is compared: a text, an array of texts, or a double."""
    name = Identifier(names[column.name])
    is_number = not (column.type == pa.string() or pa.types.is_list(column.type))
    return SQL("{}::float8" if is_number else "{}").format(name)


def _compared_number(name: Composed, operator: str, value: float) -> Condition:
    sql = SQL("{} {} %s::float8").format(name, COMPARISONS[operator])
    if operator in {"<", "<=", ">", ">="}:
        sql = SQL("({} AND {} <> 'NaN'::float8)").format(sql, name)
    return Condition(sql, [value])


def _compared_text(name: Composed, operator: str, text: str) -> Condition:
    before, nul, _ = text.partition("\0")  # PostgreSQL's texts have none
    if not nul:
        return Condition(SQL("{} {} %s::text").format(name, COMPARISONS[operator]), [text])
    if operator in SMALLER_WITHOUT_NUL:
        return _compared_text(name, SMALLER_WITHOUT_NUL[operator], before)
    nothing = NOTHING.format(name)
    return Condition(nothing if operator == "=" else SQL("NOT ({})").format(nothing), [])


def _among(column: pa.Field, values: list[Value], name: Composed) -> Condition:
    if column.type != pa.string() and not pa.types.is_list(column.type):
        return Condition(SQL("{} = ANY(%s::float8[])").format(name), [values])
    texts = [text for text in values if "\0" not in str(text)]
    if pa.types.is_list(column.type):
        return _of_a_list(name, SQL("{} && %s::text[]").format(name), texts)
    return Condition(SQL("{} = ANY(%s::text[])").format(name), [texts])


def _fits(column: pa.Field, pattern: str, name: Composed) -> Condition:
    if pa.types.is_list(column.type):
        some = SQL("EXISTS (SELECT FROM unnest({}) AS text WHERE text LIKE %s ESCAPE '')").format(
            name
        )
        never = SQL("%s::text IS NULL")
        fits = never if "\0" in pattern else some
        return _of_a_list(name, fits, "" if "\0" in pattern else pattern)
    if "\0" in pattern:
        return Condition(NOTHING.format(name), [])
    return Condition(SQL("{} LIKE %s ESCAPE ''").format(name), [pattern])


def _of_a_list(name: Composed, sql: Composable, value: Any) -> Condition:
    """Of a list with a missing text among others, nothing is known."""
    case = SQL(
        "CASE WHEN {0} IS NULL THEN NULL WHEN cardinality({0}) = 0 THEN false "
        "WHEN array_position({0}, NULL) IS NOT NULL THEN NULL ELSE {1} END"
    )
    return Condition(case.format(name, sql), [value])
