"""Progress on the terminal, and nothing in the way where there is none."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from lookalike.terminal.process import is_first_process

Item = TypeVar("Item")

console = Console(
    stderr=True, soft_wrap=True, highlight=False, emoji=False, quiet=not is_first_process()
)


class ImagesPerSecond(ProgressColumn):
    """How fast images are done, where an item is a batch of so many."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.images = images

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed * self.images:.0f} images/s" if task.speed else "")


def track(
    items: Iterable[Item], description: str, total: int | None, images: int | None = None
) -> Iterator[Item]:
    """Yield `items` behind a progress bar on stderr; silent where stderr is not a terminal.

    Args:
        total: how many there are; None where that shows at the end only.
        images: how many images an item stands for; their number a second is then shown.
    """
    if console.quiet or not console.is_terminal:
        yield from items
        return
    columns: list[ProgressColumn] = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    ]
    if images is not None:
        columns.append(ImagesPerSecond(images))
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, total=total, description=description)


def say(message: str) -> None:
    """Print one line to stderr, as it is: no markup, no wrapping."""
    console.print(message, markup=False)
