"""Progress on the terminal, and nothing in the way where there is none."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Item = TypeVar("Item")

console = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def track(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    """Yield `items` behind a progress bar on stderr; silent where stderr is not a terminal.

    Args:
        total: how many there are; None where that shows at the end only.
    """
    if not console.is_terminal:
        yield from items
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, total=total, description=description)


def say(message: str) -> None:
    """Print one line to stderr, as it is: no markup, no wrapping."""
    console.print(message, markup=False)
