import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.terminal.lock import stage_lock

HOLDER = """
from pathlib import Path
from lookalike.terminal.lock import stage_lock
with stage_lock("train", Path()):
    {inside}
    print("held", flush=True)
    {then}
"""
WAIT = "import time; [time.sleep(0.1) for _ in range(600)]"
FORK_A_WORKER = (
    "import os, time; out, into = os.pipe(); "
    "os.fork() or os.write(into, b'.') and time.sleep(1) or os._exit(0); "
    "os.read(out, 1)  # until it runs"
)


@pytest.fixture(autouse=True)
def _in_the_working_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hold(start: Callable[[str], Popen[str]]) -> Callable[..., Popen[str]]:
    """Start a process that holds the lock; return it once it does."""

    def start_holder(inside: str = "pass", then: str = WAIT) -> Popen[str]:
        process = start(HOLDER.format(inside=inside, then=then))
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    return start_holder


def test_a_second_process_stops_with_a_line_naming_stage_and_pid(
    hold: Callable[..., Popen[str]], tmp_path: Path
) -> None:
    holder = hold()
    with pytest.raises(LookalikeError) as caught, stage_lock("split", Path()):
        pass
    line = f"stage train, pid {holder.pid} is running in {tmp_path}: "
    assert str(caught.value) == line + "wait for it to end, or end it, then run again"


def test_a_process_that_was_refused_leaves_the_lock_with_its_holder(
    hold: Callable[..., Popen[str]],
) -> None:
    hold()
    for _ in range(2):
        with pytest.raises(LookalikeError, match="stage train"), stage_lock("split", Path()):
            pass


def test_the_lock_is_free_after_its_holder_was_killed(hold: Callable[..., Popen[str]]) -> None:
    holder = hold()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with stage_lock("split", Path()):
        assert "stage split" in Path(".stage.pid").read_text()


def test_a_worker_that_outlives_its_killed_stage_does_not_hold_the_lock(
    hold: Callable[..., Popen[str]],
) -> None:
    holder = hold(inside=FORK_A_WORKER)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with stage_lock("split", Path()):
        pass


@pytest.mark.parametrize("then", ["pass", "raise ValueError"])
def test_the_lock_is_free_after_its_holder_ended(
    hold: Callable[..., Popen[str]], then: str
) -> None:
    hold(then=then).wait()
    with stage_lock("split", Path()):
        pass


def test_a_failure_inside_frees_the_lock_and_passes_through() -> None:
    with pytest.raises(ValueError, match="a mistake"), stage_lock("train", Path()):
        raise ValueError("a mistake")
    with stage_lock("split", Path()):
        pass


def test_nobody_is_named_once_the_lock_is_free() -> None:
    with stage_lock("train", Path()):
        assert Path(".stage.pid").is_file()
    assert not Path(".stage.pid").exists()


def test_another_working_tree_has_its_own_lock(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with stage_lock("train", Path()), stage_lock("train", tmp_path / "other" / ".stage.lock"):
        pass
