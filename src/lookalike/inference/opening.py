"""The model of a project, by the engine that `models/inference.json` names."""

from lookalike.core.errors import DataError
from lookalike.core.layout import Layout
from lookalike.inference.engine_model import EngineModel, InferenceModel
from lookalike.inference.exported import REMEDY, read_export
from lookalike.inference.inference_file import inference_of_graph, read_inference
from lookalike.inference.runtimes.graph import open_graph
from lookalike.model.artifact import Model, load_model


def open_model(project: Layout, threads: int) -> Model:
    """The model of a project, computed by the engine of its pipeline.

    Raises:
        LookalikeError: the model or the export is missing or broken, or the engine is not
            installed, or not that of the export stage.
    """
    model, inference = load_model(project.model), read_inference(project.inference)
    numerics = inference.numerics
    if numerics.engine == "torch":
        return InferenceModel(model.in_precision(numerics.precision), inference)
    runtime = open_graph(project.export, model.fingerprint, numerics, threads)
    if inference != inference_of_graph(read_export(project.export), numerics):
        raise DataError(
            f"{project.inference}: names another graph, or another version of {numerics.engine}; "
            f"{REMEDY}"
        )
    return EngineModel(model, inference, runtime)
