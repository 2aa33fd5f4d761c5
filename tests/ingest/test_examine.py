import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest

from lookalike.images.decode import UndecodableImageError
from lookalike.images.inspect import Inspection
from lookalike.images.worker import Limits, Worker
from lookalike.ingest.examine import examined
from lookalike.ingest.read_ahead import ReadFile
from lookalike.ingest.source import Candidate

LIMITS = Limits(seconds=2.0, memory=2**32)


def look(data: bytes) -> Inspection:
    """A decoder that meets, by the file's first word, every kind of trouble."""
    match data.split()[0]:
        case b"broken":
            raise UndecodableImageError("broken image: so it says")
        case b"crash":
            os.abort()
        case b"hang":
            time.sleep(600)
        case b"greedy":
            np.ones(2**33, np.uint8)
        case b"noisy":
            os.write(2, b"libtiff: a warning\n")
            print("a warning of Python", file=sys.stderr)
    return Inspection(data.decode(), 1, 1, 3, 0, 0, 0, 0, 0, {})


def files(*contents: str) -> list[ReadFile]:
    return [ReadFile(Candidate(text, None, text), text.encode(), None) for text in contents]


def found(given: list[ReadFile], workers: int = 2) -> list[Inspection | str]:
    return [file.found for file in examined(given, look, workers, LIMITS)]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_files_come_in_their_order_with_what_was_found(workers: int) -> None:
    given = files(*(f"good {number}" for number in range(100)), "broken", "good again")
    given.append(ReadFile(Candidate("gone", None, "gone"), b"", "cannot be read"))
    results = list(examined(given, look, workers, LIMITS))
    assert [file.candidate.path for file in results] == [file.candidate.path for file in given]
    assert [file.found.id for file in results if isinstance(file.found, Inspection)] == [
        *(f"good {number}" for number in range(100)),
        "good again",
    ]
    assert [results[100].found, results[102].found] == [
        "broken image: so it says",
        "cannot be read",
    ]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("crash", "broken image: its decoder crashed"),
        ("hang", "broken image: its decoder gave no answer in 2 seconds"),
        ("greedy", "broken image: its decoder asks for too much memory"),
    ],
)
def test_what_a_file_does_to_its_decoder_harms_no_other(trouble: str, reason: str) -> None:
    given = files(*(f"good {n}" for n in range(20)), trouble, *(f"good {n}" for n in range(20)))
    results = found(given)
    assert results[20] == reason
    assert all(isinstance(result, Inspection) for result in results[:20] + results[21:])


def test_without_workers_one_protects_all_the_same() -> None:
    results = found(files("good", "crash", "good"), workers=0)
    assert results[1] == "broken image: its decoder crashed"


def test_decoders_make_no_noise(capfd: pytest.CaptureFixture[str]) -> None:
    assert len(found(files(*["noisy"] * 20))) == 20
    assert capfd.readouterr().err == ""


def test_a_broken_tiff_is_refused_in_silence(
    encoded: Callable[..., bytes], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from functools import partial

    from lookalike.images.inspect import inspect

    tiff = encoded(np.zeros((64, 64, 3), np.uint8), "TIFF", compression="tiff_lzw")
    broken = tiff[:40] + bytes(60) + tiff[100:]
    given = [ReadFile(Candidate("a.tif", None, "a.tif"), data, None) for data in (tiff, broken)]
    results = list(examined(given, partial(inspect, max_pixels=10**6), 1, LIMITS))
    assert isinstance(results[0].found, Inspection)
    assert isinstance(results[1].found, str)
    assert capfd.readouterr().err == ""


def test_two_broken_files_side_by_side_are_each_refused() -> None:
    assert (
        found(files("crash", "good", "crash", "good"), workers=1)[::2]
        == ["broken image: its decoder crashed"] * 2
    )


def test_files_not_asked_for_any_more_end_the_workers_at_once() -> None:
    results = examined(files(*["good"] * 20, *["hang"] * 200), look, 2, Limits(600, 2**32))
    assert isinstance(next(results).found, Inspection)
    results.close()  # type: ignore[attr-defined]


class EndOfProcess:
    """What ends the process that is told to examine with it, before it has seen a file."""

    def __reduce__(self) -> tuple[Callable[[int], object], tuple[int]]:
        return os._exit, (1,)


def test_a_worker_that_cannot_even_begin_stops_the_stage() -> None:
    worker = Worker(EndOfProcess(), LIMITS)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="ended before it had begun"):
        worker.findings([b"good"])


@pytest.mark.parametrize("size", [1, 3_000_000])
def test_a_good_file_whose_decoder_is_killed_once_is_decoded_again(
    size: int, tmp_path: Path
) -> None:
    (tmp_path / "kill").touch()
    given = [ReadFile(Candidate("a", None, "a"), str(tmp_path / "kill").encode().ljust(size), None)]
    (file,) = examined(given, killed_the_first_time, 1, LIMITS)
    assert isinstance(file.found, Inspection)


def killed_the_first_time(data: bytes) -> Inspection:
    """What the system does to a decoder where another process takes all the memory."""
    path = Path(data.decode().strip())
    if path.exists():
        path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return Inspection("a", 1, 1, 3, 0, 0, 0, 0, 0, {})


def test_of_a_refused_file_its_size_is_kept_and_its_bytes_are_not() -> None:
    (file,) = examined(files("broken"), look, 1, LIMITS)
    assert (file.data, file.candidate.bytes) == (b"", 6)


def test_large_files_wait_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookalike.ingest.examine.WAITING_BYTES_A_WORKER", 1000)
    read = 0

    def reading() -> Iterator[ReadFile]:
        nonlocal read
        for number in range(20):
            read += 1
            yield ReadFile(Candidate(str(number), None, ""), b"good".ljust(5_000_000), None)

    for handed_over, _ in enumerate(examined(reading(), look, 2, LIMITS)):
        assert read - handed_over <= 1


def test_a_worker_killed_from_outside_is_replaced() -> None:
    worker = Worker(look, LIMITS)
    assert worker.findings([b"good"]) == [look(b"good")]
    worker._process.kill()
    worker._process.join()
    assert worker.findings([b"good", b"good"]) == [look(b"good")] * 2
    worker.stop()


STOPPED = """
import hashlib
from functools import partial
from lookalike.images.worker import Limits, Worker
slow = partial(hashlib.pbkdf2_hmac, "sha256", salt=b"", iterations=500_000)
worker = Worker(slow, Limits(seconds=4.0, memory=2**32))
worker.findings([b"password"])
print("asking", flush=True)
print(worker.findings([b"password"]) == [slow(b"password")])
worker.stop()
"""


def test_a_stage_that_is_stopped_for_longer_than_a_file_may_take_drops_none(
    start: Callable[[str], Popen[str]],
) -> None:
    stage = start(STOPPED)
    assert stage.stdout is not None
    assert stage.stdout.readline() == "asking\n"
    os.killpg(stage.pid, signal.SIGSTOP)
    time.sleep(4.5)
    os.killpg(stage.pid, signal.SIGCONT)
    assert stage.stdout.readline() == "True\n"
