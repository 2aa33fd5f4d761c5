"""What `base.inference` comes to for the model at hand."""

from importlib.util import find_spec
from pathlib import Path

from lookalike.core.extras import extra
from lookalike.core.inference_params import AnyInference
from lookalike.inference.exported import graph_of, read_export
from lookalike.inference.inference_file import Inference, inference_of_graph
from lookalike.inference.numerics import Numerics
from lookalike.model.artifact import Model


def check_inference(params: AnyInference) -> None:
    """Raise LookalikeError where something is not installed, or the processor cannot do it."""
    with extra("openvino"):
        if params.engine == "openvino":
            from lookalike.inference.runtimes.openvino import check_precision

            check_precision(params.precision)
        if params.precision == "int8" and find_spec("nncf") is None:
            raise ModuleNotFoundError(name="nncf")


def chosen_inference(params: AnyInference, model: Model, export: Path) -> Inference:
    """The engine, its precision and the graph that `evaluate` and `embed` compute with.

    Args:
        params: the parameters.
        model: of the project.
        export: the folder of its export, just written.

    Raises:
        LookalikeError: another engine than torch is asked for, and the model has no graph for it.
    """
    precision = params.precision or model.description.precision
    numerics = Numerics(engine=params.engine, precision=precision)
    if params.engine == "torch":
        return Inference(numerics=numerics, decode=params.decode or "processor")
    description = read_export(export)
    graph_of(export, description, numerics)
    return inference_of_graph(description, numerics)
