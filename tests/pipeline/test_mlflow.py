"""A run of the pipeline in MLflow."""

import pytest

from services.servers import Server

from .conftest import Project


@pytest.mark.full
def test_a_pipeline_is_one_run_and_a_server_that_is_down_fails_nothing(
    fresh: Project, mlflow_server: Server
) -> None:
    from mlflow import MlflowClient

    address = f"http://{mlflow_server.address}"
    fresh.environment |= {"MLFLOW_TRACKING_URI": address, "MLFLOW_EXPERIMENT_NAME": "pipeline"}
    assert "now has evaluate" in fresh.run("dvc", "repro", "evaluate").stderr
    fresh.environment["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    assert "tries again" in fresh.run("dvc", "repro", "--force", "-s", "evaluate").stderr
    fresh.environment["MLFLOW_TRACKING_URI"] = address
    assert "has everything already" in fresh.lookalike("mlflow").stdout
    client = MlflowClient(address)
    experiment = client.get_experiment_by_name("pipeline")
    [run] = client.search_runs([experiment.experiment_id])
    assert run.data.metrics["timings/evaluate/inference_ms_per_image"] > 0
    assert len(client.get_metric_history(run.info.run_id, "valid/loss")) == 3
    assert 0 < run.data.metrics["test/accuracy"] <= 1
    files = {file.path for file in client.list_artifacts(run.info.run_id, "train_figures")}
    assert files >= {"train_figures/augmented.png", "train_figures/loss.svg"}
