"""One publisher at a time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event, Thread

import pytest
from pymongo.database import Database

from lookalike.core.errors import LookalikeError
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.pointer import Claim, claimed, current_version

OneLineError = Callable[..., AbstractContextManager[None]]


def test_before_anything_is_published_there_is_no_version(database: Database[Document]) -> None:
    assert current_version(database) is None
    with claimed(database):
        assert current_version(database) is None


def test_a_publisher_that_is_alive_is_left_alone(
    database: Database[Document], one_line_error: OneLineError
) -> None:
    done = Event()
    with claimed(database) as claim:

        def beat() -> None:
            while not done.wait(0.02):
                claim.beat()

        thread = Thread(target=beat)
        thread.start()
        try:
            with one_line_error("another publisher (pid", "is publishing"), claimed(database, 2):
                pass
        finally:
            done.set()
            thread.join()
        claim.point_at("v", keep=0)
    assert current_version(database) == "v"


@pytest.mark.parametrize(("seconds", "beats"), [(1000.0, 1), (0.0, 2)])
def test_a_publisher_that_has_just_beaten_does_not_beat_again(
    database: Database[Document], seconds: float, beats: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.publish.mongodb.pointer.BEAT", seconds)
    with claimed(database) as claim:
        claim.beat()
        claim.beat()
        pointer = database["current"].find_one() or {}
        assert pointer["publisher"]["beat"] == beats


def test_who_was_silent_for_long_has_lost_its_claim(database: Database[Document]) -> None:
    killed, next_one = Claim(database), Claim(database)
    killed.take(silence=1)
    next_one.take(silence=0.1)
    next_one.point_at("v", keep=0)
    for change in (killed.beat, lambda: killed.point_at("late", keep=0)):
        with pytest.raises(LookalikeError, match="another publisher has taken over"):
            change()
    killed.release()
    next_one.beat()
    assert current_version(database) == "v"


def test_who_waits_takes_a_claim_that_is_given_back(database: Database[Document]) -> None:
    first, second = Claim(database), Claim(database)
    first.take(silence=1)
    waiting = Thread(target=second.take, args=(20,))
    waiting.start()
    first.release()
    waiting.join(10)
    assert not waiting.is_alive()
    second.beat()


def test_a_failure_gives_the_claim_back(database: Database[Document]) -> None:
    with pytest.raises(ZeroDivisionError), claimed(database):
        raise ZeroDivisionError
    with claimed(database, silence=1000):
        pass
