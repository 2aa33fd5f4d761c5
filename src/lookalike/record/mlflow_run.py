"""`lookalike mlflow`: the last training, its evaluation and its export as a run of MLflow."""

import base64
import hashlib
import os
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import to_json
from lookalike.core.layout import Layout
from lookalike.core.params import read_yaml
from lookalike.inference.exported import ExportDescription
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.record import mlflow_model
from lookalike.record.mlflow_inputs import log_inputs
from lookalike.record.provenance import provenance
from lookalike.record.run_charts import Picture
from lookalike.record.run_parts import Part, export_of, flat_params, run_parts
from lookalike.record.tracking_server import open_tracking_server
from lookalike.terminal.listing import all_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENT = "lookalike"  # unless MLFLOW_EXPERIMENT_NAME says otherwise
STATE, MODEL = "lookalike.state", "lookalike.model"
AT_ONCE = 100  # parameters that MLflow takes in a request; of metrics it takes more
LONGEST = 6000  # characters that MLflow takes of a parameter


def mirror(project: Layout, register: str | None = None) -> str:
    """Show a project's last training, its evaluation and its export in MLflow.

    There is one run for each model and set of parameters. What it has already stays as it is.

    Args:
        project: the project.
        register: make the export a version of this model in MLflow's registry, too.

    Returns:
        A line for people.

    Raises:
        LookalikeError: there is no model, or no export to register; the experiment has been
            deleted; or the server cannot be reached or refuses.
    """
    parts = run_parts(project)
    params = flat_params(read_yaml(project.params))
    model, origin = fingerprint(project.model), provenance(project)
    export = export_of(project, model)
    if register is not None and export is None:
        raise LookalikeError(
            f"{project.export}: holds no graph of {project.model} to register; run "
            "'dvc repro export'"
        )
    with open_tracking_server() as client:
        run = _run_of(client, params, model)
        log_inputs(client, run, project, origin, params.get("ingest.source", ""))
        new = [part.name for part in parts if run.data.tags.get(_tag(part)) != part.digest]
        for part in parts:
            if part.name in new:
                _log(client, run, part, export)
        if new:
            client.set_terminated(run.info.run_id)
        has = f"now has {all_of(new)}" if new else "has everything already"
        if register is not None:
            version = mlflow_model.register(client, run, register, origin)
            has += f", and is version {version} of the model {register}"
    return f"MLflow: the run {run.info.run_name} ({run.info.run_id}) {has}"


def _run_of(client: "MlflowClient", params: dict[str, str], model: str) -> "Run":
    """The run of these parameters and this model; a new one with them where there is none."""
    from mlflow.entities import Param

    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
    experiment = client.get_experiment_by_name(name)
    if experiment is not None and experiment.lifecycle_stage == "deleted":
        raise LookalikeError(
            f"MLflow: the experiment {name!r} has been deleted; restore it (mlflow experiments "
            f"restore --experiment-id {experiment.experiment_id}), or name another one in "
            "MLFLOW_EXPERIMENT_NAME"
        )
    number = experiment.experiment_id if experiment else client.create_experiment(name)
    state = hashlib.sha256(to_json([params, model]).encode()).hexdigest()
    found = client.search_runs([number], f"tags.`{STATE}` = '{state}'", max_results=1)
    run = found[0] if found else None
    if run is None:
        title = os.environ.get("DVC_EXP_NAME") or f"{params.get('train.backbone', '')} {model[:8]}"
        run = client.create_run(number, tags={STATE: state, MODEL: model}, run_name=title)
    missing = [Param(k, v[:LONGEST]) for k, v in params.items() if k not in run.data.params]
    for start in range(0, len(missing), AT_ONCE):
        client.log_batch(run.info.run_id, params=missing[start : start + AT_ONCE])
    return run


def _log(client: "MlflowClient", run: "Run", part: Part, export: ExportDescription | None) -> None:
    """Upload a part; its tag comes last, so that one that broke off is uploaded again.

    Points of curves are dated back to the start of the run: uploaded again they are the same.
    """
    from mlflow.entities import Metric

    number, now = run.info.run_id, int(time.time() * 1000)
    for name, folder in part.folders.items():
        if any(folder.glob("*")):
            client.log_artifacts(number, str(folder), name)
    if export is not None and part.name == mlflow_model.FOLDER:
        path = f"{mlflow_model.FOLDER}/{mlflow_model.DESCRIPTION}"
        client.log_text(number, mlflow_model.description(run, export), path)
    with TemporaryDirectory() as folder_of_charts:
        for chart in part.charts():
            _write_svg(Path(folder_of_charts), chart)
        client.log_artifacts(number, folder_of_charts, "charts")
    metrics = [
        Metric(name, value, run.info.start_time if epoch else now, epoch)
        for name, value, epoch in [*part.metrics, *part.timings]
    ]
    for start in range(0, len(metrics), AT_ONCE):
        client.log_batch(number, metrics=metrics[start : start + AT_ONCE])
    client.set_tag(number, _tag(part), part.digest)


def _tag(part: Part) -> str:
    return f"lookalike.{part.name}"


def _write_svg(folder: Path, chart: Picture) -> None:
    name = re.sub("[^a-z]+", "_", chart.title.lower()).strip("_")
    data = base64.b64decode(chart.uri.partition(",")[2])
    (folder / f"{name}.svg").write_bytes(data)
