"""Worker processes that load batches: they live as long as their stage, and no signal ends them."""

import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import pytest
import torch
from torch import Tensor

from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.images.pixels import Pixels
from lookalike.images.store import ImageStore

OneLineError = Callable[..., AbstractContextManager[None]]

LOAD = """
import os, signal
from pathlib import Path
from lookalike.images.store import ImageStore
from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.model.preprocessing import ImageSize
from lookalike.model.transforms import evaluation_transform

def forever():
    rows = list(range(100))
    transform = evaluation_transform(ImageSize(resize=8, crop=8))
    data = ImageDataset(ImageStore(Path({images!r})), rows, rows, transform)
    loader = load_batches(data, SequentialBatches(100, 10), workers=2)
    while True:
        yield from loader

batches = forever()
next(batches)
children = Path(f"/proc/self/task/{{os.getpid()}}/children").read_text().split()
{then}
"""
WORKERS = 2

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux")


@pytest.fixture
def load(
    start: Callable[[str], Popen[str]], tiny_images: ImageStore
) -> Callable[[str], Popen[str]]:
    """Start a process that loads batches by two workers, then does what it is given."""
    return lambda then: start(LOAD.format(images=str(tiny_images.folder), then=then))


def is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_fault_of_the_program_ends_it_in_the_middle_of_loading(
    load: Callable[[str], Popen[str]],
) -> None:
    _, errors = load("1 / 0").communicate(timeout=120)
    assert errors.splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.full)]
)
def test_a_signal_to_all_processes_of_a_terminal_ends_no_worker(
    load: Callable[[str], Popen[str]], number: signal.Signals
) -> None:
    process = load(
        f"signal.signal({number.value}, lambda *_: None)\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
        "[next(batches) for _ in range(100)]\n"
        "print('done', flush=True)"
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)  # it pauses
    os.killpg(process.pid, number)
    assert process.communicate(timeout=120)[0] == "done\n"


@pytest.mark.full
def test_workers_end_with_a_process_that_is_killed(load: Callable[[str], Popen[str]]) -> None:
    process = load("print(*children, flush=True)\nsignal.pause()")
    assert process.stdout is not None
    workers = process.stdout.readline().split()
    assert len(workers) == WORKERS
    assert all(map(is_alive, workers))
    process.kill()
    process.wait()
    time.sleep(1)  # by themselves they would end after five seconds
    assert not any(map(is_alive, workers))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGBUS, ["shared memory", "--shm-size=1g", "machine.workers"]),
        (signal.SIGKILL, ["was killed", "lack of memory", "machine.workers"]),
    ],
)
def test_a_loading_process_that_dies_is_one_line(
    number: signal.Signals,
    words: list[str],
    tiny_images: ImageStore,
    one_line_error: OneLineError,
) -> None:
    def dies(image: Pixels) -> Tensor:
        os.kill(os.getpid(), number)
        raise AssertionError

    dataset = ImageDataset(tiny_images, [0, 1], [0, 0], dies)
    with one_line_error(*words):
        list(load_batches(dataset, SequentialBatches(2, 1), workers=1))


def test_what_a_loading_process_cannot_share_is_one_line(
    tiny_images: ImageStore, one_line_error: OneLineError
) -> None:
    def fills(image: Pixels) -> Tensor:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16))  # of files in /dev/shm as well
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        return torch.zeros(3, 1000, 1000, dtype=torch.uint8)

    dataset = ImageDataset(tiny_images, [0, 1], [0, 0], fills)
    with one_line_error("ran out of shared memory", "--shm-size=1g"):
        list(load_batches(dataset, SequentialBatches(2, 1), workers=1))


def test_a_batch_that_cannot_be_sent_is_one_line_and_not_waited_for(
    tiny_images: ImageStore, one_line_error: OneLineError, capfd: pytest.CaptureFixture[str]
) -> None:
    def opens_nothing_more(image: Pixels) -> Tensor:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
        return torch.zeros(3, 10, 10, dtype=torch.uint8)

    dataset = ImageDataset(tiny_images, [0, 1], [0, 0], opens_nothing_more)
    with one_line_error("a loading process", "machine.workers"):
        list(load_batches(dataset, SequentialBatches(2, 1), workers=1))
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.full
def test_any_other_failure_of_a_loading_process_is_one_line(
    tiny_images: ImageStore, one_line_error: OneLineError
) -> None:
    def fails(image: Pixels) -> Tensor:
        raise OSError("the disk has gone")

    dataset = ImageDataset(tiny_images, [0, 1], [0, 0], fails)
    with one_line_error("a loading process failed", "the disk has gone"):
        list(load_batches(dataset, SequentialBatches(2, 1), workers=1))
