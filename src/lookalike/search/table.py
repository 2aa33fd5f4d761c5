"""A search result for people."""

from rich.console import Console
from rich.table import Table

from lookalike.search.searcher import SearchResult

UNCUT = 100_000  # wider than any line


def print_result(result: SearchResult) -> None:
    """Print predictions and neighbors to stdout; piped, lines are not cut to a width."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    if not console.is_terminal:
        console.width = UNCUT
    if result.predictions:
        guesses = [f"{guess.label} ({guess.probability:.1%})" for guess in result.predictions]
        console.print("looks like: " + ", ".join(guesses), markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("similarity", justify="right")
    table.add_column("label")
    table.add_column("path", overflow="fold")
    for neighbor in result.neighbors:
        table.add_row(f"{neighbor.similarity:.4f}", neighbor.label or "-", neighbor.path)
    console.print(table, markup=False)
