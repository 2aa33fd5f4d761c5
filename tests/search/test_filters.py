"""Filters over what is known of the images."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.errors import QueryError
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.search.filters import matching_rows

OneLineError = Callable[..., AbstractContextManager[None]]

LABELS = ["cat", "dog", "it's", "a%b", "a\\b", "Cat", "猫", "two\nlines", "", None]
WIDTHS = [0, 7, 8, 640, 2**31 - 1]


def row(number: int) -> dict[str, Any]:
    label, width = LABELS[number % len(LABELS)], WIDTHS[number % len(WIDTHS)]
    return {
        "id": f"{number:04x}",
        "path": f"{label}/{number}.png",
        "label": label,
        "source": f"photos/{number}.png",
        "split": [None, "train", "test"][number % 3],
        "predicted_label": LABELS[number // 3 % len(LABELS)],
        "width": width,
        "height": number % 7,
    }


ROWS = [row(number) for number in range(90)]
METADATA = pa.Table.from_pylist(ROWS, METADATA_SCHEMA)
TEXT = [field.name for field in METADATA_SCHEMA if field.type == pa.string()]

Truth = bool | None
Condition = tuple[str, Callable[[dict[str, Any]], Truth]]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def found(where: Any) -> list[int]:
    return matching_rows(METADATA, where).tolist()


# --- as SQL understands it -------------------------------------------------------------------

known_texts = st.sampled_from([label for label in LABELS if label is not None]) | st.text(
    max_size=3
)
cases = st.sampled_from([str.upper, str.lower, str.title])


def like_pattern(pattern: str) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(c, re.escape(c)) for c in pattern), re.DOTALL)


@st.composite
def comparisons(draw: st.DrawFn) -> Condition:
    """A comparison, and what it says of a row by the rules of SQL."""
    kind = draw(st.sampled_from(["compare", "number", "in", "like", "null"]))
    negative = draw(st.booleans())
    word = draw(cases)
    not_ = word("not ") if negative else ""
    if kind == "number":
        column = draw(st.sampled_from(["width", "height"]))
        operator = draw(st.sampled_from(sorted(COMPARE)))
        number = draw(st.sampled_from(WIDTHS) | st.integers(-(2**40), 2**40) | st.just(6.5))
        return f"{column}{operator}{number}", lambda row: COMPARE[operator](row[column], number)
    column = draw(st.sampled_from(TEXT))
    if kind == "null":
        is_null = word("is ") + not_ + word("null")
        return f"{column} {is_null}", lambda row: (row[column] is None) != negative
    if kind == "compare":
        operator, value = draw(st.sampled_from(sorted(COMPARE))), draw(known_texts)
        return (
            f"{column} {operator} {quoted(value)}",
            lambda row: (
                None
                if row[column] is None
                else COMPARE[operator](row[column].encode(), value.encode())
            ),
        )
    if kind == "in":
        values = draw(st.lists(known_texts, min_size=1, max_size=4))
        listed = ", ".join(map(quoted, values))
        return (
            f"{column} {not_}{word('in')} ({listed})",
            lambda row: None if row[column] is None else (row[column] in values) != negative,
        )
    pattern = draw(known_texts) + draw(st.sampled_from(["", "%", "_"]))
    compiled = like_pattern(pattern)
    return (
        f"{column} {not_}{word('like')} {quoted(pattern)}",
        lambda row: (
            None
            if row[column] is None
            else (compiled.fullmatch(row[column]) is not None) != negative
        ),
    )


def negated(condition: Condition) -> Condition:
    text, truth = condition

    def opposite(row: dict[str, Any]) -> Truth:
        return None if (value := truth(row)) is None else not value

    return f"not ({text})", opposite


def joined(pair: tuple[Condition, Condition], all_of: bool) -> Condition:
    (one, first), (other, second) = pair

    def truth(row: dict[str, Any]) -> Truth:
        values = {first(row), second(row)}
        decisive = not all_of
        return decisive if decisive in values else None if None in values else all_of

    return f"({one}) {'AND' if all_of else 'or'} ({other})", truth


conditions: st.SearchStrategy[Condition] = st.recursive(
    comparisons(),
    lambda inner: inner.map(negated) | st.builds(joined, st.tuples(inner, inner), st.booleans()),
    max_leaves=5,
)


@given(conditions)
def test_what_passes_is_what_is_true_by_the_rules_of_sql(condition: Condition) -> None:
    text, truth = condition
    assert found(text) == [number for number, row in enumerate(ROWS) if truth(row) is True]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("width=7 or width=8 and height=1", "width=7 or (width=8 and height=1)"),
        ("not width=7 and height=1", "(not width=7) and height=1"),
        ("not not width=7", "width=7"),
        ("  width\n=\t7 ", "width=7"),
        ("WIDTH = 7".replace("WIDTH", "width"), "width==+7"),
    ],
)
def test_precedence_and_spaces_are_those_of_sql(one: str, other: str) -> None:
    assert found(one) == found(other)
    assert 0 < len(found(one)) < 90


def test_an_arrow_expression_is_taken_as_it_is() -> None:
    assert found((pc.field("width") > 7) & pc.field("label").is_null()) == found(
        "width > 7 and label is null"
    )


def test_a_thousand_comparisons_and_a_long_list_are_taken() -> None:
    assert found(" or ".join(["width = 7"] * 1000)) == found("width = 7")
    ids = ", ".join(f"'{number:04x}'" for number in range(20_000))
    assert found(f"id in ({ids})") == list(range(90))


# --- what is no filter -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "character", "words"),
    [
        ("", 1, "expected a column, found the end"),
        ("label", 6, "expected =, !=, <, <=, >, >=, IN, LIKE, IS, found the end"),
        ("label = cat", 9, "text in single quotes"),
        ('label = "cat"', 9, "text in single quotes"),
        ("label = 'cat", 9, "this quote is never closed"),
        ("label = 7", 9, "text in single quotes: label is text"),
        ("width = '7'", 9, "expected a number: width is one"),
        ("width = 7px", 9, "expected a number"),
        ("lable = 'cat'", 1, "there is no column lable; did you mean label?"),
        ("zzz = 1", 1, "there are id, path, label"),
        ("(width = 7", 11, "expected ), found the end"),
        ("width = 7)", 10, "expected AND, OR or the end, found ')'"),
        ("width = 7 height = 1", 11, "expected AND, OR or the end"),
        ("width = 7 and", 14, "expected a column"),
        ("label in ()", 11, "text in single quotes"),
        ("label in ('a' 'b')", 15, "expected )"),
        ("label not = 'a'", 11, "expected IN or LIKE"),
        ("label is 'a'", 10, "expected NULL"),
        ("width like '7%'", 12, "LIKE is for text"),
        ("label = null", 9, "text in single quotes"),
        ("label = 'a'; drop table", 12, "expected AND, OR or the end, found ';'"),
        ("__import__('os')", 1, "there is no column __import__"),
    ],
)
def test_a_mistake_is_one_line_that_says_at_which_character(
    text: str, character: int, words: str, one_line_error: OneLineError
) -> None:
    with one_line_error(f"where: character {character}: ", words, kind=QueryError):
        found(text)


@pytest.mark.parametrize(
    "text",
    [
        "label = '\udcff'",
        "(" * 10_000,
        "not " * 10_000 + "x",
        " or ".join(["width=7"] * 1001),
        "x" * 2_000_000,
    ],
)
def test_what_is_too_deep_or_too_long_is_one_line(text: str, one_line_error: OneLineError) -> None:
    with one_line_error("where: ", kind=QueryError):
        found(text)


@given(st.text(alphabet="wid=<>'() ,7%orandtlebikNULL\\\n\0é", max_size=30))
def test_any_text_is_a_filter_or_one_line(text: str) -> None:
    try:
        rows = found(text)
    except QueryError as error:
        assert str(error).startswith("where: ")
        assert len(str(error).splitlines()) == 1
    else:
        assert rows == sorted(set(rows))


@pytest.mark.parametrize(
    "where", [7, None, ["label"], pc.field("nothing") == 1, pc.field("width"), pc.field("id") + 1]
)
def test_what_is_no_expression_of_truth_is_one_line(
    where: Any, one_line_error: OneLineError
) -> None:
    with one_line_error("where: ", kind=QueryError):
        found(where)


# --- columns of one's own ----------------------------------------------------------------------

FURTHER = METADATA.slice(0, 5)
for name, values in {
    "labels": [["cat", "dog"], ["catfish"], None, [], [""]],
    "taken by": ["Ada", "Bo", None, "Ada", 'the "one"'],
    "year": pa.array([1999, 2001, None, 2024, 2024], pa.int64()),
    "number": pa.array([2**62, 2**53 + 2, 2**53 - 1, -(2**62), None], pa.int64()),
    "latitude": pa.array([-1.5, 60.25, None, 0.0, 0.0], pa.float64()),
}.items():
    FURTHER = FURTHER.append_column(name, pa.array(values))


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("labels = 'cat'", [0]),
        ("labels != 'cat'", [1, 3, 4]),
        ("NOT labels = 'cat'", [1, 3, 4]),
        ("labels IN ('dog', 'catfish')", [0, 1]),
        ("labels NOT IN ('dog', 'catfish')", [3, 4]),
        ("labels LIKE 'cat%'", [0, 1]),
        ("labels LIKE '%t%d%'", []),
        ("labels LIKE 'd_g'", [0]),
        ("labels NOT LIKE '%o%'", [1, 3, 4]),
        ("labels = ''", [4]),
        ("labels LIKE '%'", [0, 1, 4]),
        ("labels = 'ca.'", []),
        ("labels IS NULL", [2]),
        ("labels IS NOT NULL AND labels = 'dog'", [0]),
        ("\"taken by\" = 'Ada' AND year > 2000", [3]),
        ('"taken by" LIKE \'%"one"\'', [4]),
        ("year IN (1999, 2001)", [0, 1]),
        ("latitude < -1", [0]),
        ("latitude IS NULL", [2]),
        ("number > 9007199254740992", [0, 1]),
    ],
)
def test_further_columns_are_filtered_by_their_types(where: str, rows: list[int]) -> None:
    assert matching_rows(FURTHER, where).tolist() == rows


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("labels < 'cat'", "expected =, !=, IN, LIKE, IS"),
        ("labels = 3", "text in single quotes"),
        ("yeer = 3", "did you mean year?"),
        ('"taken = 3', "this quote is never closed"),
    ],
)
def test_a_wrong_filter_over_further_columns_is_one_line(where: str, message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        matching_rows(FURTHER, where)
