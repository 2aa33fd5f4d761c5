"""How often a chat may ask."""

from collections import deque
from collections.abc import Callable
from itertools import takewhile
from time import monotonic

MINUTE = 60.0


class RateLimit:
    """At most so many requests of each chat within any minute.

    Chats that have not asked for a minute are forgotten, so that memory is bounded.

    Args:
        most: how many.
        clock: the time in seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._clock = clock
        self._times: dict[int, deque[float]] = {}  # the chat that was admitted last is at the end

    def wait(self, chat: int) -> float:
        """Seconds until the chat may ask; 0: now, and that counts."""
        now = self._clock()
        self._forget(now - MINUTE)
        times = self._times.get(chat, deque(maxlen=self._most))
        if len(times) == self._most and (left := times[0] + MINUTE - now) > 0:
            return left
        times.append(now)
        self._times.pop(chat, None)
        self._times[chat] = times
        return 0.0

    def _forget(self, before: float) -> None:
        old = takewhile(lambda chat: self._times[chat][-1] <= before, self._times)
        for chat in list(old):
            del self._times[chat]
