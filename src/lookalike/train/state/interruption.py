"""SIGINT and SIGTERM as a graceful shutdown, at the next point where the work can go on later."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from lookalike.core.errors import LookalikeError
from lookalike.terminal.progress import say

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Inside of this context a first signal is noted; a second one interrupts at once.

    Where the signal goes to worker processes too, as from a job scheduler, they end in the middle
    of a step: then it is an interruption without saving.

    Attributes:
        requested: whether there was a signal.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        if self.requested and isinstance(error, RuntimeError | LookalikeError):
            raise KeyboardInterrupt("run it again to go on from the last checkpoint") from None

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        say("interrupted: this step is finished and saved first")
