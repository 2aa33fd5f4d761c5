"""Filters over what is known of the images: an Arrow expression, or a small part of SQL.

    label = 'cat' AND split IN ('train', 'valid') AND NOT path LIKE 'raw/%' AND width >= 640
    labels = 'cat' AND "taken by" IS NOT NULL

As in SQL, a comparison with a missing value is neither true nor false, and only what is true
passes. A list is equal to, in or like what one of its texts is. Numbers are compared as 64-bit
floating point.
"""

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from lookalike.core.errors import QueryError, one_line
from lookalike.search.filter_parser import parse
from lookalike.search.filter_tree import Among, Both, Comparison, Either, Fits, Missing, Node, Not
from lookalike.search.text_patterns import any_in, any_like, like

Filter: TypeAlias = str | pc.Expression

COMPARISONS: dict[str, Callable[[pc.Expression, pc.Expression], pc.Expression]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
NEITHER = pa.scalar(None, pa.bool_())


def matching_rows(metadata: pa.Table, where: Filter) -> np.ndarray:
    """The rows that pass a filter, int64, rising.

    Args:
        metadata: of an index.
        where: the filter.

    Raises:
        QueryError: it is no such filter; of a text, the line says at which character.
    """
    expression = expression_of(parse(where, metadata.schema)) if isinstance(where, str) else where
    if not isinstance(expression, pc.Expression):
        raise QueryError(f"where: should be text or an Arrow expression, not {where!r:.60}")
    try:
        scanner = ds.dataset(metadata).scanner(columns={"passes": expression})
        passes = scanner.to_table()["passes"]
        if passes.type != pa.bool_():
            raise QueryError(f"where: gives {passes.type}, but should be true or false")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, KeyError) as error:
        raise QueryError(f"where: {one_line(error)}") from None
    rows: np.ndarray = np.flatnonzero(pc.fill_null(passes, False).to_numpy())
    return rows


def expression_of(node: Node) -> pc.Expression:
    """The Arrow expression that a tree means."""
    match node:
        case Not(inner):
            return ~expression_of(inner)
        case Both(left, right):
            return expression_of(left) & expression_of(right)
        case Either(left, right):
            return expression_of(left) | expression_of(right)
        case Missing(column):
            return pc.field(column.name).is_null()
        case Fits(column, pattern):
            fits = any_like if pa.types.is_list(column.type) else like
            return fits(pc.field(column.name), pattern)
        case Among(column, values) if pa.types.is_list(column.type):
            return any_in(pc.field(column.name), map(str, values))
        case Among(column, values):
            field, known = _comparable(column), pa.array(values)
            if column.type != pa.string():  # so that -0 is 0
                field, known = pc.add(field, 0.0), pc.add(known, 0.0)
            return pc.if_else(field.is_valid(), field.isin(known), NEITHER)
        case Comparison(column, operator, value):
            return COMPARISONS[operator](_comparable(column), pc.scalar(value))


def _comparable(column: pa.Field) -> pc.Expression:
    """A column of texts as it is; one of numbers as floating point, the way values are."""
    field = pc.field(column.name)
    return field if column.type == pa.string() else field.cast(pa.float64(), safe=False)
