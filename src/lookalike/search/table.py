"""A search result for people."""

from rich.text import Text

from lookalike.search.results import SearchResult
from lookalike.terminal.printable import printable
from lookalike.terminal.tables import plain_table, stdout_console

LEAST_SHOWN = 0.0005  # less would read 0.0%


def print_result(result: SearchResult) -> None:
    """Print predictions and hits to stdout; piped, lines are not cut to a width."""
    console = stdout_console()
    guesses = [
        f"{printable(guess.label)} ({guess.probability:.1%})"
        for guess in result.predictions
        if guess.probability >= LEAST_SHOWN
    ]
    if guesses:
        console.print("looks like: " + ", ".join(guesses), markup=False)
    table = plain_table(console)
    table.add_column("similarity", justify="right", style="cyan")
    table.add_column("label")
    table.add_column("path", overflow="fold", style="dim")
    for hit in result.hits:
        label = "-" if hit.label is None else printable(hit.label)
        table.add_row(f"{hit.similarity:.4f}", Text(label), Text(printable(hit.path)))
    console.print(table, markup=False)
