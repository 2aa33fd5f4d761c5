"""Work on one item while the next one is begun, as a device does that computes by itself."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def overlapped(
    items: Iterable[Item], begin: Callable[[Item], Callable[[], Result]], ahead: int
) -> Iterator[Result]:
    """Results in the order of the items.

    Args:
        items: each is asked for when its work is to be begun.
        begin: begins the work on an item, and returns what waits for its result.
        ahead: how many more items are begun before a result is waited for; 0: none, so that each
            item is done before the next one is asked for.
    """
    begun: deque[Callable[[], Result]] = deque()
    for item in items:
        begun.append(begin(item))
        if len(begun) > ahead:
            yield begun.popleft()()
    while begun:
        yield begun.popleft()()
