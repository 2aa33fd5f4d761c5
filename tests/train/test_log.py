"""What people watch while a model trains."""

import csv
import json
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.train.log import training_log
from lookalike.train.state.epoch import Epoch

OneLineError = Callable[..., AbstractContextManager[None]]


def epoch(number: int) -> Epoch:
    metrics = {"train/loss": 2.0 / number, "valid/recall_at_1": 0.25, "lr": 0.1 * number}
    return Epoch(number, metrics)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of a project with a `dvc.yaml` of its own, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    return tmp_path / "metrics" / "train"


def write(folder: Path, epochs: int) -> None:
    with training_log(folder) as log:
        for number in range(1, epochs + 1):
            log.report(epoch(number))


def rows(folder: Path, metric: str) -> list[dict[str, str]]:
    with (folder / "plots" / "metrics" / f"{metric}.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_there_is_one_row_an_epoch(folder: Path) -> None:
    write(folder, 3)
    assert rows(folder, "train/loss") == [
        {"step": "1", "loss": "2.0"},
        {"step": "2", "loss": "1.0"},
        {"step": "3", "loss": "0.666667"},
    ]


@pytest.mark.parametrize("metric", ["train/loss", "valid/recall_at_1", "lr"])
def test_every_curve_has_every_epoch(metric: str, folder: Path) -> None:
    write(folder, 2)
    assert [row["step"] for row in rows(folder, metric)] == ["1", "2"]


def test_the_summary_is_of_the_last_epoch(folder: Path) -> None:
    write(folder, 2)
    summary = json.loads((folder / "metrics.json").read_text())
    assert summary == {"train": {"loss": 1.0}, "valid": {"recall_at_1": 0.25}, "lr": 0.2, "step": 2}


def test_a_log_starts_anew(folder: Path) -> None:
    write(folder, 3)
    (folder / "plots" / "metrics" / "of_an_older_version.tsv").touch()
    write(folder, 1)
    assert [row["step"] for row in rows(folder, "train/loss")] == ["1"]
    assert sorted(path.name for path in folder.iterdir()) == ["metrics.json", "plots"]
    assert not list(folder.rglob("of_an_older_version.tsv"))


@pytest.mark.parametrize("failure", [LookalikeError, KeyboardInterrupt, SystemExit])
def test_the_log_of_a_training_that_fails_is_removed(
    failure: type[BaseException], folder: Path
) -> None:
    with pytest.raises(failure), training_log(folder) as log:
        log.report(epoch(1))
        raise failure
    assert not folder.exists()


def test_dvc_yaml_is_left_alone(folder: Path) -> None:
    write(folder, 2)
    assert Path("dvc.yaml").read_text() == "stages: {}\n"
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["dvc.yaml", "metrics"]


def test_an_epoch_is_a_line_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, 1)
    line = "epoch 1: train loss 2, valid recall at 1 0.25, lr 0.1\n"
    assert line in capsys.readouterr().err


def test_a_log_that_goes_on_has_the_bytes_of_one_that_never_stopped(folder: Path) -> None:
    write(folder, 3)
    whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with training_log(folder) as log:
        log.report(epoch(1))
        state = deepcopy(log.state_dict())
        log.report(epoch(2))  # after the state was taken: as if it had never been
    with training_log(folder) as log:
        log.load_state_dict(state)
        for number in (2, 3):
            log.report(epoch(number))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == whole


def test_a_process_that_is_not_the_first_leaves_the_files_to_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    write(folder, 1)
    assert not folder.exists()


def test_a_git_repository_without_a_commit_is_one_line(
    folder: Path, one_line_error: OneLineError
) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["dvc", "init", "-q"], check=True)
    with one_line_error("metrics", "commit the project to Git first"):
        write(folder, 1)
