"""Messages and progress on the terminal, and nothing in the way where there is none."""

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

from lookalike.terminal.printable import printable
from lookalike.terminal.process import is_first_process

Item = TypeVar("Item")


class ImagesPerSecond(ProgressColumn):
    """How fast images are done, where an item is a batch of so many."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.images = images

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed * self.images:.0f} images/s" if task.speed else "")


class ConsoleReporter:
    """Lines and progress bars on stderr; of several processes, only the first one speaks."""

    def __init__(self) -> None:
        self.console = Console(
            stderr=True, soft_wrap=True, highlight=False, emoji=False, quiet=not is_first_process()
        )

    def say(self, message: str) -> None:
        """Print one line as it is: no markup, no wrapping, no control characters."""
        self.console.print(printable(message), markup=False)

    def track(
        self, items: Iterable[Item], description: str, total: int | None, images: int | None
    ) -> Iterator[Item]:
        """Yield items behind a progress bar; silent where stderr is not a terminal."""
        if self.console.quiet or not self.console.is_terminal:
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
        with Progress(*columns, console=self.console, transient=True) as progress:
            yield from progress.track(items, total=total, description=description)
