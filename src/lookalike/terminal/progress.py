"""Messages and progress of the library: it never prints, it reports.

Who runs it decides where that goes: the command line and the stages to the terminal
(`terminal.console`), anybody else to `logging`, under the name `lookalike`.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Reporter(Protocol):
    """Where messages and progress go."""

    def say(self, message: str) -> None:
        """Show one line."""
        ...

    def track(
        self, items: Iterable[Item], description: str, total: int | None, images: int | None
    ) -> Iterable[Item]:
        """Pass items on, and show how far that is; see `track`."""
        ...


class LoggingReporter:
    """Messages at the level INFO; no progress."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("lookalike")

    def say(self, message: str) -> None:
        self._logger.info("%s", message)

    def track(
        self, items: Iterable[Item], description: str, total: int | None, images: int | None
    ) -> Iterable[Item]:
        return items


_reporter: Reporter = LoggingReporter()


@contextmanager
def reporting_to(reporter: Reporter) -> Iterator[None]:
    """Report to `reporter` inside of this block, in all threads."""
    global _reporter
    before, _reporter = _reporter, reporter
    try:
        yield
    finally:
        _reporter = before


def say(message: str) -> None:
    """Report one line."""
    _reporter.say(message)


def track(
    items: Iterable[Item], description: str, total: int | None, images: int | None = None
) -> Iterator[Item]:
    """Yield `items` and report how far that is.

    Args:
        items: what is worked through.
        description: what is being done.
        total: how many there are; None where that shows at the end only.
        images: how many images an item stands for; their number a second is then shown.
    """
    yield from _reporter.track(items, description, total, images)
