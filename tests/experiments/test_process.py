"""Processes that are ended with all that they have started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lookalike.experiments.process import MARK, end_leftovers, interruptible, started
from lookalike.experiments.shares import Share

CHILD = """
import signal, sys, time
def tidy(*_):
    print("tidy", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, {handler})
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def started_here() -> Iterator[Callable[[str], int]]:
    """Start a process that does nothing, with a mark; its session."""
    processes = []

    def start(mark: str) -> int:
        environment = os.environ | {MARK: mark}
        process = subprocess.Popen(["sleep", "60"], env=environment, start_new_session=True)
        processes.append(process)
        while psutil.Process(process.pid).environ().get(MARK) != mark:  # its memory is being set up
            time.sleep(0.001)
        return process.pid

    yield start
    for process in processes:
        with process:
            process.kill()


def wait_for(log: Path, word: str) -> None:
    while word not in log.read_text():
        time.sleep(0.02)


def alive(session: int) -> list[psutil.Process]:
    """The processes of a session that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, ProcessLookupError):
            continue
    return found


@pytest.mark.parametrize(("handler", "says"), [("tidy", "tidy"), ("signal.SIG_IGN", "ready")])
def test_a_process_ends_with_all_that_it_has_started(
    handler: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.experiments.process.PATIENCE", 1.0)
    log = tmp_path / "log"
    script = '"$0" -c "$1"; true'  # a shell that ends at once and does not wait for its child
    command = ["bash", "-c", script, sys.executable, CHILD.format(handler=handler)]
    with started(command, tmp_path, log, Share(0), {}) as process:
        wait_for(log, "ready")
    assert alive(process.pid) == []
    assert log.read_text().split()[-1] == says


def test_a_process_has_its_share_of_the_machine(tmp_path: Path) -> None:
    code = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], os.sched_getaffinity(0))"
    core = min(os.sched_getaffinity(0))
    share = Share(0, ("2", "3"), frozenset({core}))
    command = ["bash", "-c", f'sleep 0.2; "{sys.executable}" -c "{code}"']
    with started(command, tmp_path, tmp_path / "log", share, {}) as process:
        process.wait()
    assert (tmp_path / "log").read_text() == f"2,3 {{{core}}}\n"


def test_what_a_killed_sweep_has_left_is_ended(
    tmp_path: Path, started_here: Callable[[str], int]
) -> None:
    ours, other = started_here(str(tmp_path)), started_here("another")
    end_leftovers(str(tmp_path))
    assert alive(ours) == []
    assert len(alive(other)) == 1


def test_a_request_to_end_comes_as_an_interruption() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    assert signal.getsignal(signal.SIGINT) is before
