"""Checkpoints: while a model trains, and when it has been trained."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lookalike.core.hashing import sha256_of_file
from lookalike.train.state.checkpoint import KEPT, CheckpointFile, read_checkpoint, write_output

OneLineError = Callable[..., AbstractContextManager[None]]


def state(step: int) -> dict[str, object]:
    return {"position": {"epoch": 1, "step": step}, "network": {"weight": torch.ones(3)}}


def step_of(file: CheckpointFile) -> int | None:
    found = file.read()
    return None if found is None else found["position"]["step"]


def test_a_run_goes_on_from_its_newest_checkpoint_and_no_other(tmp_path: Path) -> None:
    this, other = CheckpointFile(tmp_path, "this"), CheckpointFile(tmp_path, "other")
    assert this.read() is None
    this.write(state(1))
    this.write(state(2))
    assert step_of(CheckpointFile(tmp_path, "this")) == 2
    assert other.read() is None


def test_a_broken_checkpoint_is_one_line_and_a_new_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = CheckpointFile(tmp_path, "this")
    file.write(state(1))
    file.path.write_bytes(file.path.read_bytes()[:-1])
    assert file.read() is None
    assert "is not a whole checkpoint" in capsys.readouterr().err


def test_a_checkpoint_that_cannot_be_written_is_one_line(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "full").write_text("a file, where a folder should be")
    with one_line_error("this.safetensors", "cannot be written"):
        CheckpointFile(tmp_path / "full", "this").write(state(1))


def test_of_runs_that_were_given_up_only_the_newest_are_kept(tmp_path: Path) -> None:
    for age in range(KEPT + 3):
        file = CheckpointFile(tmp_path, f"run-{age:02d}")
        file.write(state(1))
        os.utime(file.path, (age, age))
    file.write(state(2))
    assert sorted(path.stem for path in tmp_path.iterdir()) == [
        f"run-{age:02d}" for age in range(3, KEPT + 3)
    ]


def test_a_clock_that_goes_backwards_takes_no_checkpoint_from_its_run(tmp_path: Path) -> None:
    future = time.time() + 10**6
    for number in range(KEPT + 1):
        file = CheckpointFile(tmp_path, f"run-{number}")
        file.write(state(1))
        os.utime(file.path, (future, future))
    this = CheckpointFile(tmp_path, "this")
    this.write(state(1))
    assert step_of(this) == 1


def test_a_run_whose_outputs_nobody_records_keeps_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = CheckpointFile(tmp_path, "this")
    file.write(state(1))
    with monkeypatch.context() as orphaned:
        orphaned.setattr(os, "getppid", lambda: 1)
        file.remove_if_recorded()
    assert file.path.exists()
    file.remove_if_recorded()
    assert not file.path.exists()


def test_the_output_holds_the_weights_and_the_last_state(tmp_path: Path) -> None:
    write_output(tmp_path / "checkpoints", {"w": torch.ones(2)}, state(9))
    assert torch.equal(load_file(tmp_path / "checkpoints" / "best.safetensors")["w"], torch.ones(2))
    found = read_checkpoint(tmp_path / "checkpoints" / "last.safetensors", None)
    assert found["position"]["step"] == 9


def test_without_training_the_output_holds_the_weights_alone(tmp_path: Path) -> None:
    write_output(tmp_path / "checkpoints", {"w": torch.ones(2)}, None)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["best.safetensors"]


def test_checkpoints_of_runs_that_go_on_are_never_removed(tmp_path: Path) -> None:
    with ExitStack() as running:
        files = [running.enter_context(CheckpointFile(tmp_path, f"{n}")) for n in range(10)]
        for file in files:
            file.write(state(1))
        assert len(list(tmp_path.glob("*.safetensors"))) == 10
    CheckpointFile(tmp_path, "later").write(state(1))
    assert len(list(tmp_path.iterdir())) == KEPT


def test_what_an_equal_run_waits_for_is_left_to_it(tmp_path: Path) -> None:
    first = CheckpointFile(tmp_path, "this")
    with ThreadPoolExecutor(1) as other:
        with first:
            waiting = other.submit(CheckpointFile(tmp_path, "this").__enter__)
            while not list(tmp_path.glob("this.safetensors.lock")) or not waiting.running():
                time.sleep(0.01)
            time.sleep(0.2)
            assert not waiting.done()
            first.write(state(7))
        second = waiting.result(timeout=10)
    first.remove_if_recorded()
    assert step_of(second) == 7
    second.remove_if_recorded()
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_is_named_has_to_be_there_and_whole_and_the_one_that_was_meant(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    path = tmp_path / "kept.safetensors"
    with one_line_error("train.resume_from", "no such file"):
        read_checkpoint(path, None)
    path.write_bytes(b"nothing of the kind")
    with one_line_error("train.resume_from", "is no checkpoint"):
        read_checkpoint(path, sha256_of_file(path))
    with one_line_error("train.resume_from_sha256", "get the right file or pin this one"):
        read_checkpoint(path, "0" * 64)


def test_a_hash_that_is_not_pinned_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = CheckpointFile(tmp_path, "this")
    file.write(state(1))
    read_checkpoint(file.path, None)
    assert f"resume_from_sha256: {sha256_of_file(file.path)}" in capsys.readouterr().err
