"""A finished run in a real MLflow server."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from lookalike.core.files import write_csv, write_json
from lookalike.core.layout import Layout
from lookalike.evaluate.evaluation import TABLES
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.record.mirror_process import mirror_run
from lookalike.record.mlflow_run import mirror
from services.servers import Server

OneLineError = Callable[..., AbstractContextManager[None]]

SECRET = "f00dcafe"
PARAMS = f"""
base: {{seed: 0}}
ingest: {{source: "https://me:{SECRET}@example.org/photos.zip?token={SECRET}"}}
split: {{ratios: {{train: 0.7, valid: 0.15}}, exclude_classes: []}}
train: {{backbone: "cnn:4", lr: 0.001, betas: [0.9, 0.999], patience: null}}
"""


@pytest.fixture
def project(tiny_model: Path, tmp_path: Path) -> Path:
    """A project as `train` and `evaluate` leave it."""
    root = tmp_path / "project"
    shutil.copytree(tiny_model, root / "models" / "model")
    (root / "params.yaml").write_text(PARAMS, encoding="utf-8")
    curves = root / "metrics" / "train" / "plots" / "metrics"
    for name, values in {"train/loss": [2.0, 1.0, 0.5], "valid/loss": [2.5, 1.5, 1.25]}.items():
        (curves / name).parent.mkdir(parents=True)
        rows = [f"{epoch}\t{value}\n" for epoch, value in enumerate(values, start=1)]
        (curves / f"{name}.tsv").write_text("step\tloss\n" + "".join(rows), encoding="utf-8")
    (root / "metrics" / "train_figures").mkdir()
    write_json(root / "metrics" / "train.json", {"epochs": 3, "best_epoch": 2})
    write_json(root / "metrics" / "timings" / "train.json", {"model": "of another model", "s": 9})
    evaluate(root)
    return root


def evaluate(root: Path, accuracy: float = 0.75) -> None:
    """Write what the stage writes."""
    model = fingerprint(root / "models" / "model")
    predictions = [("1.png", "cat", "cat", 0.9), ("2.png", "dog", "cat", 0.6)]
    for name, columns in TABLES.items():
        rows = predictions if name == "predictions" else []
        write_csv(root / "metrics" / "evaluate" / f"{name}.csv", columns, rows)
    (root / "metrics" / "evaluate" / "model.sha256").write_text(f"{model}\n")
    (root / "metrics" / "figures").mkdir(exist_ok=True)
    (root / "metrics" / "figures" / "queries.png").write_bytes(b"a picture")
    metrics = {"accuracy": accuracy, "intervals": {"accuracy": [0.5, 0.875]}}
    write_json(root / "metrics" / "evaluate.json", metrics)
    timings = {"model": model, "inference_ms_per_image": 12.5}
    write_json(root / "metrics" / "timings" / "evaluate.json", timings)


class Tracked:
    """What the server has of one experiment."""

    def __init__(self, address: str, experiment: str) -> None:
        from mlflow import MlflowClient

        self.client, self.experiment = MlflowClient(address), experiment

    def runs(self) -> list[Any]:
        experiment = self.client.get_experiment_by_name(self.experiment)
        return list(self.client.search_runs([experiment.experiment_id]))

    def curve(self, run: Any, name: str) -> list[tuple[int, float]]:
        history = self.client.get_metric_history(run.info.run_id, name)
        return [(point.step, point.value) for point in history]

    def artifacts(self, run: Any, folder: str | None = None) -> set[str]:
        found = set()
        for file in self.client.list_artifacts(run.info.run_id, folder):
            found |= self.artifacts(run, file.path) if file.is_dir else {file.path}
        return found

    def everything(self) -> str:
        whole = [
            (
                run.to_dictionary(),
                sorted(self.artifacts(run)),
                [self.curve(run, name) for name in sorted(run.data.metrics)],
            )
            for run in self.runs()
        ]
        return json.dumps(whole)


@pytest.fixture
def tracked(
    mlflow_server: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Tracked:
    """An experiment of this test's own."""
    address = f"http://{mlflow_server.address}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", request.node.name)
    return Tracked(address, request.node.name)


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
