"""Options that take all words up to the next option."""

import pytest

from lookalike.commands.greedy_options import one_value_each


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a b -k 3", "a b -k 3"),
        ("--like a b --unlike c", "--like a --like b --unlike c"),
        ("--like a b -k 3 c", "--like a --like b -k 3 c"),
        ("--like - a", "--like - --like a"),
        ("--like a --like b c", "--like a --like b --like c"),
        ("--like=a b", "--like=a b"),
        ("--like a -- --unlike b", "--like a -- --unlike b"),
        ("--like", "--like"),
    ],
)
def test_a_greedy_option_is_repeated_for_every_word(words: str, expected: str) -> None:
    assert list(one_value_each(words.split())) == expected.split()
