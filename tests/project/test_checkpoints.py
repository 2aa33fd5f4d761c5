"""Checkpoints that people keep."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.layout import Layout
from lookalike.project.checkpoints import save_checkpoint

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a checkpoint of its last training."""
    (tmp_path / "models" / "checkpoints").mkdir(parents=True)
    (tmp_path / "models" / "checkpoints" / "last.safetensors").write_bytes(b"state")
    return tmp_path


def test_the_copy_lies_outside_of_the_outputs_and_its_hash_is_told(project: Path) -> None:
    path, sha256 = save_checkpoint(Layout(project), "eight.epochs-1")
    assert path == project / "checkpoints" / "eight.epochs-1.safetensors"
    assert path.read_bytes() == b"state"
    assert sha256 == hashlib.sha256(b"state").hexdigest()


def test_a_copy_is_never_overwritten(project: Path, one_line_error: OneLineError) -> None:
    save_checkpoint(Layout(project), "kept")
    with one_line_error("kept.safetensors", "is there already", "another name"):
        save_checkpoint(Layout(project), "kept")


@pytest.mark.parametrize("name", ["", "../kept", "a/b", ".hidden", "a b"])
def test_a_name_that_is_no_name_of_a_file_is_refused(
    name: str, project: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("checkpoint", repr(name)):
        save_checkpoint(Layout(project), name)


def test_without_a_training_there_is_nothing_to_save(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("last.safetensors", "missing; train first, or dvc pull"):
        save_checkpoint(Layout(tmp_path), "kept")
