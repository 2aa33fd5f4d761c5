"""Filters over what is known of the images: an Arrow expression, or a small part of SQL.

    label = 'cat' AND split IN ('train', 'valid') AND NOT path LIKE 'raw/%' AND width >= 640
    labels = 'cat' AND "taken by" IS NOT NULL

A text is parsed, never evaluated. As in SQL, a comparison with a missing value is neither true nor
false, and only what is true passes. A list is equal to, in or like what one of its texts is.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from lookalike.core.errors import QueryError
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.search.text_patterns import any_in, any_like, like

Filter: TypeAlias = str | pc.Expression

# More nest deeper than Arrow's own recursion can bear
MOST_COMPARISONS = 1000
DEEPEST = 50
MOST_CHARACTERS = 1_000_000

TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?\d+(?:\.\d+)?(?![\w.]))|(?P<word>[^\W\d]\w*)"
    r"|(?P<name>\"(?:[^\"]|\"\")*\")"
    r"|(?P<symbol><=|>=|<>|!=|==|[=<>(),])|(?P<wrong>\S)",
)
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": eq,
    "==": eq,
    "!=": ne,
    "<>": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
KEYWORDS = {"AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL"}
NEITHER = pa.scalar(None, pa.bool_())


def matching_rows(metadata: pa.Table, where: Filter) -> np.ndarray:
    """The rows that pass a filter, int64, rising.

    Args:
        metadata: of an index.
        where: the filter.

    Raises:
        QueryError: it is no such filter; of a text, the line says at which character.
    """
    expression = parse(where, metadata.schema) if isinstance(where, str) else where
    if not isinstance(expression, pc.Expression):
        raise QueryError(f"where: should be text or an Arrow expression, not {where!r:.60}")
    try:
        scanner = ds.dataset(metadata).scanner(columns={"passes": expression})
        passes = scanner.to_table()["passes"]
        if passes.type != pa.bool_():
            raise QueryError(f"where: gives {passes.type}, but should be true or false")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, KeyError) as error:
        raise QueryError(f"where: {' '.join(str(error).split())[:200]}") from None
    rows: np.ndarray = np.flatnonzero(pc.fill_null(passes, False).to_numpy())
    return rows


def parse(text: str, schema: pa.Schema = METADATA_SCHEMA) -> pc.Expression:
    """The Arrow expression that a text means.

    Args:
        text: the filter.
        schema: of the columns that it may name.

    Raises:
        QueryError: it is no filter; the line says at which character, counted from 1.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"where: has more than {MOST_CHARACTERS:,} characters")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise QueryError("where: is not UTF-8 text")
    return _Parser(text, schema).whole()


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


class _Parser:
    """Recursive descent: a method for each rule of the grammar.

    disjunction = conjunction {OR conjunction}
    conjunction = negation {AND negation}
    negation    = {NOT} ("(" disjunction ")" | comparison)
    comparison  = column (operator value | [NOT] IN "(" value {"," value} ")" | [NOT] LIKE text
                  | IS [NOT] NULL)
    """

    def __init__(self, text: str, schema: pa.Schema) -> None:
        self._schema = schema
        self._tokens = [
            _Token(str(match.lastgroup), match[0], match.start() + 1)
            for match in TOKEN.finditer(text)
        ]
        self._tokens.append(_Token("end", "", len(text) + 1))
        self._next = 0
        self._depth = 0
        self._comparisons = 0

    def whole(self) -> pc.Expression:
        expression = self._disjunction()
        if self._token.kind != "end":
            raise self._expected("AND, OR or the end")
        return expression

    def _disjunction(self) -> pc.Expression:
        return self._joined(self._conjunction, "OR", or_)

    def _conjunction(self) -> pc.Expression:
        return self._joined(self._negation, "AND", and_)

    def _joined(
        self, part: Callable[[], pc.Expression], word: str, join: Callable[[Any, Any], Any]
    ) -> pc.Expression:
        parts = [part()]
        while self._accept(word):
            parts.append(part())
        return _balanced(parts, join)

    def _negation(self) -> pc.Expression:
        negative = False
        while self._accept("NOT"):
            negative = not negative
        if self._accept("("):
            self._depth += 1
            if self._depth > DEEPEST:
                raise self._error(f"more than {DEEPEST} parentheses inside each other")
            expression = self._disjunction()
            self._expect(")")
            self._depth -= 1
        else:
            expression = self._comparison()
        return ~expression if negative else expression

    def _comparison(self) -> pc.Expression:
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise self._error(f"more than {MOST_COMPARISONS} comparisons; IN takes any number")
        column = self._column()
        field = pc.field(column.name)
        if self._accept("IS"):
            negative = self._accept("NOT")
            self._expect("NULL")
            return field.is_valid() if negative else field.is_null()
        negative = self._accept("NOT")
        if pa.types.is_list(column.type):
            expression = self._list_comparison(column, negative)
            return ~expression if negative else expression
        if column.type != pa.string():  # which compares with any number, and exactly
            field = field.cast(pa.float64())
        if self._accept("IN"):
            known = field.isin(pa.array(self._list(column)))
            expression = pc.if_else(field.is_valid(), known, NEITHER)
        elif self._accept("LIKE"):
            if column.type != pa.string():
                raise self._error(f"{column.name} is a number: LIKE is for text")
            expression = like(field, self._value(column))
        elif not negative and self._token.text in COMPARISONS:
            compare = COMPARISONS[self._take().text]
            expression = compare(field, pc.scalar(self._value(column)))
        else:
            raise self._expected("IN or LIKE" if negative else "=, !=, <, <=, >, >=, IN, LIKE, IS")
        return ~expression if negative else expression

    def _list_comparison(self, column: pa.Field, negative: bool) -> pc.Expression:
        field = pc.field(column.name)
        if self._accept("IN"):
            return any_in(field, self._list(column))
        if self._accept("LIKE"):
            return any_like(field, self._value(column))
        if not negative and self._token.text in {"=", "==", "!=", "<>"}:
            unequal = self._take().text in {"!=", "<>"}
            expression = any_in(field, [self._value(column)])
            return ~expression if unequal else expression
        raise self._expected("IN or LIKE" if negative else "=, !=, IN, LIKE, IS")

    def _list(self, column: pa.Field) -> list[Any]:
        self._expect("(")
        values = [self._value(column)]
        while self._accept(","):
            values.append(self._value(column))
        self._expect(")")
        return values

    def _column(self) -> pa.Field:
        name = self._token.text
        if self._token.kind == "name":
            name = name[1:-1].replace('""', '"')
        elif self._token.kind != "word" or name.upper() in KEYWORDS:
            raise self._expected("a column")
        names = self._schema.names
        if name not in names:
            close = get_close_matches(name, names, n=1)
            known = f"did you mean {close[0]}?" if close else ", ".join(names)
            raise self._error(
                f"there is no column {name}; {known if close else 'there are ' + known}"
            )
        self._take()
        return self._schema.field(name)

    def _value(self, column: pa.Field) -> Any:
        if column.type == pa.string() or pa.types.is_list(column.type):
            if self._token.kind != "text":
                raise self._expected(f"text in single quotes: {column.name} is text")
            return self._take().text[1:-1].replace("''", "'")
        if self._token.kind != "number":
            raise self._expected(f"a number: {column.name} is one")
        return float(self._take().text)

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        """Take the next token where it is this keyword, in any case, or this symbol."""
        found = self._token.kind in {"word", "symbol"} and self._token.text.upper() == text
        self._next += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._expected(text)

    def _expected(self, what: str) -> QueryError:
        if self._token.text in {"'", '"'}:
            return self._error("this quote is never closed")
        found = repr(self._token.text) if self._token.text else "the end"
        return self._error(f"expected {what}, found {found:.60}")

    def _error(self, message: str) -> QueryError:
        return QueryError(f"where: character {self._token.position}: {message}")


def _balanced(parts: list[pc.Expression], join: Callable[[Any, Any], Any]) -> pc.Expression:
    """Joined as a tree, not as a chain: Arrow walks through it by recursion."""
    while len(parts) > 1:
        pairs = [parts[start : start + 2] for start in range(0, len(parts), 2)]
        parts = [reduce(join, pair) for pair in pairs]
    return parts[0]
