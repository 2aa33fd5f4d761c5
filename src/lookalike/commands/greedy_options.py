"""Options that take all words up to the next option, as in `--like A B --unlike C`."""

from collections.abc import Iterator, Sequence

import typer
from typer.core import TyperCommand

GREEDY = {"--like", "--unlike", "--remove"}


class GreedyOptions(TyperCommand):
    """A command some of whose options are greedy: typer itself knows options of one value only."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Parse the words of a command line."""
        return super().parse_args(ctx, list(one_value_each(args)))


def one_value_each(words: Sequence[str]) -> Iterator[str]:
    """`--like A B` as `--like A --like B`; a word `-` is a value, and after `--` all are."""
    option, has_value = "", False
    for number, word in enumerate(words):
        if word == "--":
            yield from words[number:]
            return
        if word.startswith("-") and word != "-":
            option, has_value = word, False
        elif option in GREEDY:
            if has_value:
                yield option
            has_value = True
        yield word
