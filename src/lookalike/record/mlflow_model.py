"""The exported model as a model of MLflow: it loads it, serves it and registers it."""

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from lookalike.core.json_file import to_json
from lookalike.inference.exported import ExportDescription, Shape
from lookalike.record.mlflow_inputs import provenance_tags
from lookalike.record.provenance import Provenance

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

FOLDER = "export"  # among the artifacts of a run
DESCRIPTION = "MLmodel"


def description(run: "Run", export: ExportDescription) -> str:
    """The content of the file `MLmodel` beside an ONNX graph; JSON is YAML.

    `mlflow.onnx` would write the same, but needs the whole of MLflow and pandas.
    """
    assert export.file is not None
    created = datetime.fromtimestamp(run.info.start_time / 1000, UTC).replace(tzinfo=None)
    return to_json(
        {
            "artifact_path": FOLDER,
            "run_id": run.info.run_id,
            "model_uuid": run.info.run_id,
            "utc_time_created": str(created),
            "mlflow_version": version("mlflow-skinny"),
            "flavors": {
                "onnx": {
                    "onnx_version": version("onnx"),
                    "data": export.file.name,
                    "providers": ["CPUExecutionProvider"],
                },
                "python_function": {
                    "loader_module": "mlflow.onnx",
                    "data": export.file.name,
                    "python_version": platform.python_version(),
                },
            },
            "signature": {
                "inputs": _tensors(export.inputs, export.input_dtype),
                "outputs": _tensors(export.outputs, "float32"),
            },
        }
    )


def register(client: "MlflowClient", run: "Run", name: str, origin: Provenance) -> str:
    """Make a run's export a version of a registered model, unless it is one.

    Returns:
        The number of the version.
    """
    from mlflow.exceptions import MlflowException

    number = run.info.run_id
    of_run = client.search_model_versions(f"run_id = '{number}'")
    found = [each for each in of_run if each.name == name]
    if found:
        return str(found[0].version)
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{run.info.artifact_uri}/{FOLDER}"
    made = client.create_model_version(name, source, number, tags=provenance_tags(origin))
    return str(made.version)


def _tensors(shapes: dict[str, Shape], dtype: str) -> str:
    """A schema of MLflow as JSON; any number of images is -1."""
    specs: list[dict[str, Any]] = [
        {
            "name": name,
            "type": "tensor",
            "tensor-spec": {"dtype": dtype, "shape": [-1, *shape[1:]]},
        }
        for name, shape in shapes.items()
    ]
    return json.dumps(specs)
