import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

STAGE = """
import time
from pathlib import Path
from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.terminal.stage import run_stage

def main(project):
    {main}

run_stage("train", main)
"""
WRITE_FOR_EVER = """
    with atomic_file(Path("out")) as partial:
        partial.write_text("half")
        print("writing", flush=True)
        [time.sleep(0.1) for _ in range(600)]  # one long sleep may miss a signal just before it
"""
LINE_WHEN_INTERRUPTED = "train: interrupted; run it again to start this stage anew\n"


@pytest.fixture
def stage(start: Callable[[str], Popen[str]]) -> Callable[[str], Popen[str]]:
    """Start a stage whose `main` is the given code."""
    return lambda main: start(STAGE.format(main=main))


def test_a_stage_that_ends_exits_with_0_and_says_nothing(
    stage: Callable[[str], Popen[str]],
) -> None:
    process = stage("pass")
    assert process.communicate() == ("", "")
    assert process.returncode == 0


def test_a_mistake_exits_with_1_and_one_line(stage: Callable[[str], Popen[str]]) -> None:
    process = stage("raise LookalikeError('params.yaml: train.lr = 0: should be more')")
    assert process.communicate()[1] == "train: params.yaml: train.lr = 0: should be more\n"
    assert process.returncode == 1


def test_a_fault_of_the_program_keeps_its_traceback(stage: Callable[[str], Popen[str]]) -> None:
    process = stage("raise ZeroDivisionError('here')")
    errors = process.communicate()[1]
    assert errors.startswith("Traceback")
    assert errors.endswith("ZeroDivisionError: here\n")
    assert process.returncode == 1


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_stage_exits_with_130_one_line_and_nothing_half_written(
    stage: Callable[[str], Popen[str]], tmp_path: Path, sent: signal.Signals
) -> None:
    process = stage(WRITE_FOR_EVER)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(sent)
    assert process.communicate()[1] == LINE_WHEN_INTERRUPTED
    assert process.returncode == 130
    assert [path.name for path in tmp_path.iterdir()] == [".stage.lock"]


def test_an_interruption_may_say_from_where_the_next_run_goes_on(
    stage: Callable[[str], Popen[str]],
) -> None:
    process = stage("raise KeyboardInterrupt('run it again to go on from step 7')")
    assert process.communicate()[1] == "train: interrupted; run it again to go on from step 7\n"
    assert process.returncode == 130


@pytest.mark.parametrize(("local_rank", "said"), [("1", ""), ("0", "train: all of them say so\n")])
def test_of_several_processes_the_first_alone_locks_and_the_first_of_each_host_speaks(
    stage: Callable[[str], Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    local_rank: str,
    said: str,
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("LOCAL_RANK", local_rank)
    process = stage("raise LookalikeError('all of them say so')")
    assert process.communicate() == ("", said)
    assert process.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_second_stage_exits_with_1_and_names_the_first(
    stage: Callable[[str], Popen[str]],
) -> None:
    first = stage(WRITE_FOR_EVER)
    assert first.stdout is not None
    first.stdout.readline()
    second = stage("pass")
    line = f"train: stage train, pid {first.pid} is running in "
    assert second.communicate()[1].startswith(line)
    assert second.returncode == 1
