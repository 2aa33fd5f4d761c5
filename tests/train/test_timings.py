"""How fast a training was and how much memory it took."""

import time

from lookalike.train.timings import Timings


def test_seconds_add_up_by_part_and_images_are_those_of_training() -> None:
    timings = Timings()
    for _ in range(2):
        with timings.measured("training"):
            time.sleep(0.02)
    with timings.measured("validation"):
        time.sleep(0.01)
    timings.images = 100
    summary = timings.summary()
    assert list(summary["seconds"]) == ["training", "validation"]
    assert summary["seconds"]["training"] >= 0.04
    assert 0 < summary["images_per_second"] <= 100 / 0.04


def test_memory_is_counted_in_megabytes() -> None:
    before = Timings().summary()["peak_memory_mb"]
    taken = bytearray(b"x") * 300_000_000
    after = Timings().summary()["peak_memory_mb"]
    assert len(taken) == 300_000_000
    assert 10 < before <= after
    assert after > 300


def test_without_training_there_is_no_throughput() -> None:
    assert Timings().summary()["images_per_second"] is None
