"""How many requests are worked on at once, those that wait included."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from lookalike.serve.problems import ProblemError


class Admission:
    """A bounded queue: what does not fit is refused at once, before its body is read."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place while this block runs.

        Raises:
            ProblemError: all are taken; 429.
        """
        if self._taken >= self._places:
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{self._places} requests are being answered (serve.queue_size); try again",
                {"Retry-After": "1"},
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
