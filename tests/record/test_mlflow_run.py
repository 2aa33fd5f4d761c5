"""A finished run in a real MLflow server."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.csv_file import write_csv
from lookalike.core.layout import Layout
from lookalike.evaluate.evaluation import TABLES
from lookalike.record.mirror_process import mirror_run
from lookalike.record.mlflow_run import mirror

from .conftest import PARAMS, SECRET, Tracked, evaluate

OneLineError = Callable[..., AbstractContextManager[None]]


def test_a_run_has_everything_that_a_training_and_its_evaluation_leave(
    project: Path, tracked: Tracked
) -> None:
    assert "now has train and evaluate" in mirror(Layout(project))
    [run] = tracked.runs()
    assert run.info.status == "FINISHED"
    assert run.info.run_name.startswith("cnn:4 ")
    assert tracked.curve(run, "train/loss") == [(1, 2.0), (2, 1.0), (3, 0.5)]
    assert tracked.curve(run, "valid/loss") == [(1, 2.5), (2, 1.5), (3, 1.25)]
    assert run.data.metrics == {
        "train/loss": 0.5,
        "valid/loss": 1.25,
        "best/epochs": 3,
        "best/best_epoch": 2,
        "test/accuracy": 0.75,
        "test/intervals/accuracy_low": 0.5,
        "test/intervals/accuracy_high": 0.875,
        "timings/evaluate/inference_ms_per_image": 12.5,
    }
    assert tracked.artifacts(run) >= {
        "model/weights.safetensors",
        "model/model.json",
        "train/plots/metrics/train/loss.tsv",
        "charts/training_loss.svg",
        "charts/confusion_matrix.svg",
        "evaluate/predictions.csv",
        "figures/queries.png",
    }


def test_its_parameters_are_those_of_the_file_without_secrets(
    project: Path, tracked: Tracked
) -> None:
    mirror(Layout(project))
    [run] = tracked.runs()
    assert run.data.params == {
        "base.seed": "0",
        "ingest.source": "https://example.org/photos.zip",
        "split.ratios.train": "0.7",
        "split.ratios.valid": "0.15",
        "split.exclude_classes": "[]",
        "train.backbone": "cnn:4",
        "train.lr": "0.001",
        "train.betas": "[0.9, 0.999]",
        "train.patience": "null",
    }
    assert SECRET not in tracked.everything()


def test_mirrored_again_nothing_changes(project: Path, tracked: Tracked) -> None:
    mirror(Layout(project))
    before = tracked.everything()
    assert "has everything already" in mirror(Layout(project))
    assert tracked.everything() == before


def test_an_evaluation_joins_the_run_of_its_training(project: Path, tracked: Tracked) -> None:
    shutil.rmtree(project / "metrics" / "evaluate")
    assert mirror(Layout(project)).endswith("now has train")
    evaluate(project)
    assert mirror(Layout(project)).endswith("now has evaluate")
    [run] = tracked.runs()
    assert run.data.metrics["test/accuracy"] == 0.75


def test_an_evaluation_that_came_out_otherwise_replaces_the_earlier_one(
    project: Path, tracked: Tracked
) -> None:
    mirror(Layout(project))
    evaluate(project, accuracy=0.5)
    mirror(Layout(project))
    [run] = tracked.runs()
    assert run.data.metrics["test/accuracy"] == 0.5


def test_an_evaluation_of_another_model_is_left_out(project: Path, tracked: Tracked) -> None:
    with (project / "models" / "model" / "model.json").open("a") as file:
        file.write(" ")
    assert mirror(Layout(project)).endswith("now has train")
    assert "test/accuracy" not in tracked.runs()[0].data.metrics


def test_other_parameters_are_another_run(project: Path, tracked: Tracked) -> None:
    mirror(Layout(project))
    (project / "params.yaml").write_text(PARAMS.replace("seed: 0", "seed: 1"), encoding="utf-8")
    mirror(Layout(project))
    assert sorted(run.data.params["base.seed"] for run in tracked.runs()) == ["0", "1"]


def test_what_broke_off_is_done_again_and_no_point_is_there_twice(
    project: Path, tracked: Tracked
) -> None:
    mirror(Layout(project))
    [run] = tracked.runs()
    tracked.client.delete_tag(run.info.run_id, "lookalike.train")  # it is set last
    assert mirror(Layout(project)).endswith("now has train")
    [run] = tracked.runs()
    assert tracked.curve(run, "train/loss") == [(1, 2.0), (2, 1.0), (3, 0.5)]


def test_a_model_that_was_not_trained_has_no_curves(project: Path, tracked: Tracked) -> None:
    shutil.rmtree(project / "metrics" / "train" / "plots")
    write_csv(project / "metrics" / "evaluate" / "predictions.csv", TABLES["predictions"], [])
    mirror(Layout(project))
    [run] = tracked.runs()
    assert "train/loss" not in run.data.metrics
    assert run.data.metrics["test/accuracy"] == 0.75
    assert not any(path.startswith("charts/") for path in tracked.artifacts(run))


def test_a_stage_says_that_it_is_mirrored(
    project: Path,
    tracked: Tracked,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "dvc.yaml").touch()
    monkeypatch.chdir(project)
    mirror_run("evaluate")
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("evaluate: MLflow: the run cnn:4 ")
    assert line.endswith("now has train and evaluate")
    assert len(tracked.runs()) == 1


def test_without_a_model_it_is_one_line(
    tmp_path: Path, tracked: Tracked, one_line_error: OneLineError
) -> None:
    with one_line_error("missing; train first"):
        mirror(Layout(tmp_path))


def test_without_metrics_it_is_one_line(
    project: Path, tracked: Tracked, one_line_error: OneLineError
) -> None:
    (project / "metrics" / "evaluate.json").unlink()
    with one_line_error("evaluate.json: missing; run the stage evaluate first"):
        mirror(Layout(project))


def test_a_deleted_experiment_is_one_line_with_its_name_and_the_remedy(
    project: Path, tracked: Tracked, one_line_error: OneLineError
) -> None:
    number = tracked.client.create_experiment(tracked.experiment)
    tracked.client.delete_experiment(number)
    with one_line_error(repr(tracked.experiment), f"--experiment-id {number}", "another one"):
        mirror(Layout(project))
