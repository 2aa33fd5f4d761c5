"""Processes that share out work; here they are real ones, of one host."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import torch.distributed as dist

from lookalike.core.errors import LookalikeError
from lookalike.inference.processes import Processes

Outcome = Any
COUNT = 3
SECONDS = 60.0


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Callable[[Callable[[Processes], Any]], list[Outcome]]]:
    """Run a function in three processes; what each returned or said, None where it was killed."""
    started = []

    def run(function: Callable[[Processes], Any]) -> list[Outcome]:
        context = get_context("fork")
        receivers = []
        for rank in range(COUNT):
            receiver, sender = context.Pipe(duplex=False)
            target = (function, rank, f"file://{tmp_path}/meeting", sender)
            process = context.Process(target=_connected, args=target)
            process.start()
            sender.close()
            started.append(process)
            receivers.append(receiver)
        return [_outcome(receiver) for receiver in receivers]

    yield run
    for process in started:
        process.kill()
        process.join()


def _connected(
    function: Callable[[Processes], Any], rank: int, meeting: str, sender: Connection
) -> None:
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=COUNT)
    try:
        sender.send(function(Processes(rank, COUNT)))
    except LookalikeError as error:
        sender.send(str(error))
    except ZeroDivisionError as error:
        sender.send(error)
    os._exit(0)


def _outcome(receiver: Connection) -> Outcome:
    assert receiver.poll(SECONDS), "it hangs"
    try:
        return receiver.recv()
    except EOFError:
        return None


def test_the_first_process_is_given_all_parts_in_order(
    together: Callable[..., list[Outcome]],
) -> None:
    def late_ones_first(processes: Processes) -> list[str]:
        time.sleep(0.1 * (COUNT - processes.rank))
        return processes.gather(lambda: "abc"[processes.rank] * processes.rank)

    assert together(late_ones_first) == [["", "b", "cc"], [], []]


def test_all_hear_what_the_first_has(together: Callable[..., list[Outcome]]) -> None:
    def heard(processes: Processes) -> list[int]:
        return processes.broadcast([1, 2] if processes.rank == 0 else None)

    assert together(heard) == [[1, 2]] * 3


def test_a_process_alone_does_all_the_work() -> None:
    assert Processes().broadcast("a") == "a"
    assert Processes().gather(lambda: 1) == [1]


def test_where_one_fails_the_first_says_why_and_all_end(
    together: Callable[..., list[Outcome]],
) -> None:
    def third_fails_in_the_second_round(processes: Processes) -> None:
        processes.gather(lambda: 1)
        processes.gather(lambda: 1 // (2 - processes.rank))
        processes.gather(lambda: 1)

    first, second, third = together(third_fails_in_the_second_round)
    assert first == "process 2 of 3: ZeroDivisionError: integer division or modulo by zero"
    assert "has ended" in second
    assert isinstance(third, ZeroDivisionError)


def test_where_the_first_fails_all_end(together: Callable[..., list[Outcome]]) -> None:
    def first_fails(processes: Processes) -> None:
        while True:
            processes.gather(lambda: 1 // processes.rank)

    first, *others = together(first_fails)
    assert isinstance(first, ZeroDivisionError)
    assert all("has ended" in other for other in others)


def test_where_one_is_killed_all_end(together: Callable[..., list[Outcome]]) -> None:
    def second_is_killed(processes: Processes) -> None:
        while True:
            processes.gather(lambda: 1)
            if processes.rank == 1:
                os.kill(os.getpid(), signal.SIGKILL)

    first, second, third = together(second_is_killed)
    assert "one of the 3 processes has ended" in first
    assert second is None
    assert "has ended" in third
