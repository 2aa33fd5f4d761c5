"""Messages and progress go where the reporter sends them."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterable
from subprocess import Popen

import pytest

from lookalike.terminal.progress import Item, LoggingReporter, reporting_to, say, track


class Collected:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.tracked: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    def track(
        self, items: Iterable[Item], description: str, total: int | None, images: int | None
    ) -> Iterable[Item]:
        self.tracked.append(description)
        return items


def test_the_library_itself_prints_nothing(start: Callable[[str], Popen[str]]) -> None:
    code = "from lookalike.terminal.progress import say, track; say('a'); list(track([1], 'b', 1))"
    assert start(code).communicate() == ("", "")


def test_a_message_is_logged_where_nobody_else_listens(caplog: pytest.LogCaptureFixture) -> None:
    with reporting_to(LoggingReporter()), caplog.at_level(logging.INFO, logger="lookalike"):
        say("100% of it [bold]")
    assert [(r.name, r.message) for r in caplog.records] == [("lookalike", "100% of it [bold]")]


def test_a_reporter_gets_messages_and_progress_until_its_block_ends() -> None:
    outer, inner = Collected(), Collected()
    with reporting_to(outer):
        with reporting_to(inner):
            say("inside")
            assert list(track([1, 2], "counting", 2)) == [1, 2]
        say("outside")
    assert (inner.said, inner.tracked) == (["inside"], ["counting"])
    assert (outer.said, outer.tracked) == (["outside"], [])


def test_reporting_needs_no_terminal_library() -> None:
    code = "import lookalike.terminal.progress, sys; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
