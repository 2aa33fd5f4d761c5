"""A finished run, and a real MLflow server to show it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lookalike.core.csv_file import write_csv
from lookalike.core.json_file import write_json
from lookalike.evaluate.evaluation import TABLES
from lookalike.model.artifact_fingerprint import fingerprint
from services.servers import Server

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

        self.address, self.experiment = address, experiment
        self.client = MlflowClient(address)

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
