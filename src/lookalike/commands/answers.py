"""What a search found, and what it could not answer."""

from collections.abc import Iterable, Iterator

from lookalike.core.errors import QueryError
from lookalike.search.results import SearchResult
from lookalike.terminal.progress import say


class Answers:
    """The results of many queries; of each that failed, one line is said.

    Attributes:
        failed: how many have failed so far.
    """

    def __init__(self, found: Iterable[SearchResult | QueryError]) -> None:
        self.failed = 0
        self._found = found

    def __iter__(self) -> Iterator[SearchResult]:
        for found in self._found:
            if isinstance(found, QueryError):
                self.failed += 1
                say(f"lookalike: {found}")
            else:
                yield found
