"""From the text of a filter to its tree; the text is parsed, never evaluated."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import reduce
from typing import NamedTuple

import pyarrow as pa

from lookalike.core.errors import QueryError
from lookalike.search.filter_tree import Among, Both, Comparison, Either, Fits, Missing, Node, Not

# More nest deeper than Arrow's own recursion allows
MOST_COMPARISONS = 1000
DEEPEST = 50
MOST_CHARACTERS = 1_000_000

TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?\d+(?:\.\d+)?(?![\w.]))|(?P<word>[^\W\d]\w*)"
    r"|(?P<name>\"(?:[^\"]|\"\")*\")"
    r"|(?P<symbol><=|>=|<>|!=|==|[=<>(),])|(?P<wrong>\S)",
)
OPERATORS = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "<>": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
EQUAL = {"=", "!="}
KEYWORDS = {"AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL"}


def parse(text: str, schema: pa.Schema) -> Node:
    """The tree of a filter.

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

    def whole(self) -> Node:
        node = self._disjunction()
        if self._token.kind != "end":
            raise self._expected("AND, OR or the end")
        return node

    def _disjunction(self) -> Node:
        return self._joined(self._conjunction, "OR", Either)

    def _conjunction(self) -> Node:
        return self._joined(self._negation, "AND", Both)

    def _joined(
        self, part: Callable[[], Node], word: str, join: Callable[[Node, Node], Node]
    ) -> Node:
        parts = [part()]
        while self._accept(word):
            parts.append(part())
        return _balanced(parts, join)

    def _negation(self) -> Node:
        negative = False
        while self._accept("NOT"):
            negative = not negative
        if self._accept("("):
            self._depth += 1
            if self._depth > DEEPEST:
                raise self._error(f"more than {DEEPEST} parentheses inside each other")
            node = self._disjunction()
            self._expect(")")
            self._depth -= 1
        else:
            node = self._comparison()
        return Not(node) if negative else node

    def _comparison(self) -> Node:
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise self._error(f"more than {MOST_COMPARISONS} comparisons; IN takes any number")
        column = self._column()
        if self._accept("IS"):
            negative = self._accept("NOT")
            self._expect("NULL")
            return Not(Missing(column)) if negative else Missing(column)
        negative = self._accept("NOT")
        comparison = self._operation(column, negative)
        return Not(comparison) if negative else comparison

    def _operation(self, column: pa.Field, negative: bool) -> Node:
        is_list = pa.types.is_list(column.type)
        if self._accept("IN"):
            return Among(column, tuple(self._list(column)))
        if self._accept("LIKE"):
            if not is_list and column.type != pa.string():
                raise self._error(f"{column.name} is a number: LIKE is for text")
            return Fits(column, str(self._value(column)))
        operators = {name: sign for name, sign in OPERATORS.items() if not is_list or sign in EQUAL}
        if negative or self._token.text not in operators:
            known = "=, !=" if is_list else "=, !=, <, <=, >, >="
            raise self._expected("IN or LIKE" if negative else f"{known}, IN, LIKE, IS")
        operator = operators[self._take().text]
        if not is_list:
            return Comparison(column, operator, self._value(column))
        among = Among(column, (self._value(column),))
        return among if operator == "=" else Not(among)

    def _list(self, column: pa.Field) -> list[str | float]:
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

    def _value(self, column: pa.Field) -> str | float:
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


def _balanced(parts: list[Node], join: Callable[[Node, Node], Node]) -> Node:
    """Joined as a balanced tree, not as a chain: engines walk through it by recursion."""
    while len(parts) > 1:
        pairs = [parts[start : start + 2] for start in range(0, len(parts), 2)]
        parts = [reduce(join, pair) for pair in pairs]
    return parts[0]
