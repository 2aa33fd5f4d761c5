"""Tables on stdout: as wide as the terminal, and uncut where they are piped."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

UNCUT = 100_000  # wider than any line


def stdout_console() -> Console:
    """What prints to stdout as it is: neither numbers are colored nor names of emoji replaced."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    if not console.is_terminal:
        console.width = UNCUT
    return console


def plain_table(console: Console) -> Table:
    """A table without columns yet; only a terminal sees a line below its header."""
    return Table(box=SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
