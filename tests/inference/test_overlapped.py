"""Work on one item while the next one is begun."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.inference.overlapped import overlapped


@given(items=st.lists(st.integers(), max_size=8), ahead=st.integers(0, 3))
def test_results_come_in_the_order_of_the_items(items: list[int], ahead: int) -> None:
    assert list(overlapped(items, lambda item: lambda: -item, ahead)) == [-item for item in items]


@pytest.fixture
def events() -> list[str]:
    """What happened, in order."""
    return []


@pytest.fixture
def begin(events: list[str]) -> Callable[[int], Callable[[], int]]:
    """Notes what is begun and what is waited for."""

    def begin(item: int) -> Callable[[], int]:
        events.append(f"begin {item}")

        def wait() -> int:
            events.append(f"wait {item}")
            return item

        return wait

    return begin


def loaded(events: list[str], number: int) -> Iterator[int]:
    for item in range(number):
        events.append(f"load {item}")
        yield item


def test_the_next_item_is_begun_before_the_result_of_one_is_waited_for(
    events: list[str], begin: Callable[[int], Callable[[], int]]
) -> None:
    assert list(overlapped(loaded(events, 3), begin, ahead=1)) == [0, 1, 2]
    one, two, three = (["load 0", "begin 0"], ["load 1", "begin 1"], ["load 2", "begin 2"])
    assert events == [*one, *two, "wait 0", *three, "wait 1", "wait 2"]


def test_with_nothing_ahead_an_item_is_done_before_the_next_is_asked_for(
    events: list[str], begin: Callable[[int], Callable[[], int]]
) -> None:
    assert list(overlapped(loaded(events, 2), begin, ahead=0)) == [0, 1]
    assert events == ["load 0", "begin 0", "wait 0", "load 1", "begin 1", "wait 1"]


def test_no_more_is_begun_than_what_is_ahead_of_the_results_that_were_taken(
    events: list[str], begin: Callable[[int], Callable[[], int]]
) -> None:
    results = overlapped(loaded(events, 9), begin, ahead=2)
    assert events == []
    assert (next(results), next(results)) == (0, 1)
    assert [event for event in events if event.startswith("begin")] == [
        f"begin {item}" for item in range(4)
    ]


def test_a_device_that_is_late_gives_the_results_in_order() -> None:
    def compute(item: int) -> int:
        time.sleep(0.02 * (item % 2))
        return item * item

    with ThreadPoolExecutor(3) as device:
        results = overlapped(range(6), lambda item: device.submit(compute, item).result, ahead=2)
        assert list(results) == [0, 1, 4, 9, 16, 25]


@pytest.mark.parametrize("ahead", [0, 1])
def test_items_that_fail_to_come_end_the_results_with_their_error(ahead: int) -> None:
    def failing() -> Iterator[int]:
        yield from (1, 2, 3)
        raise ZeroDivisionError

    results = overlapped(failing(), lambda item: partial(int, item), ahead)
    assert [next(results) for _ in range(3 - ahead)] == [1, 2, 3][: 3 - ahead]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_work_that_fails_is_an_error_where_its_result_is_taken() -> None:
    results = overlapped([1, 0, 2], lambda item: lambda: 1 // item, ahead=1)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
