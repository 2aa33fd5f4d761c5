"""How often a chat may ask."""

from hypothesis import given
from hypothesis import strategies as st

from lookalike.bot.rate_limit import MINUTE, RateLimit


class Clock:
    """A time that tests set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


SECONDS = st.integers(0, 320).map(lambda eighths: eighths / 8)  # whose sums are exact


@given(
    most=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(0, 3), SECONDS), max_size=60),
)
def test_no_chat_is_admitted_more_often_in_any_minute(
    most: int, steps: list[tuple[int, float]]
) -> None:
    clock = Clock()
    limit = RateLimit(most, clock)
    admitted: dict[int, list[float]] = {}
    for chat, seconds in steps:
        clock.now += seconds
        recent = [at for at in admitted.get(chat, []) if clock.now - at < MINUTE]
        wait = limit.wait(chat)
        assert (wait == 0) == (len(recent) < most)
        if wait:
            assert 0 < wait <= MINUTE
        else:
            admitted.setdefault(chat, []).append(clock.now)


def test_after_the_wait_that_it_was_told_a_chat_is_admitted() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    limit.wait(1)
    clock.now = 12.0
    clock.now += limit.wait(1)
    assert limit.wait(1) == 0


def test_chats_that_have_not_asked_for_a_minute_are_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(3, clock)
    for chat in range(1000):
        limit.wait(chat)
        clock.now += 1
    assert len(limit._times) <= MINUTE + 1
