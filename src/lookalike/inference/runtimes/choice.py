"""Which runtime computes the queries' embeddings: `machine.runtime`."""

from pathlib import Path

from lookalike.core.choices import RuntimeChoice
from lookalike.core.errors import DataError, LookalikeError
from lookalike.inference.exported import DESCRIPTION, graph_of, read_export
from lookalike.inference.runtimes.runtime import Runtime
from lookalike.model.artifact_fingerprint import WEIGHTS, fingerprint
from lookalike.terminal.progress import say


def model_fingerprint(model: Path, export: Path) -> str:
    """The fingerprint of a model; where its weights were left out, that which its export names.

    Raises:
        LookalikeError: neither is there.
    """
    if not (model / WEIGHTS).is_file() and (export / DESCRIPTION).is_file():
        return read_export(export).model_sha256
    return fingerprint(model)


def open_runtime(
    model: Path, model_sha256: str, export: Path, choice: RuntimeChoice = "auto"
) -> Runtime:
    """Open a model with the runtime of choice; neither imports what the other one needs.

    Args:
        model: the folder of the model artifact.
        model_sha256: its fingerprint.
        export: the folder of its export, if it has one.
        choice: `auto` takes the export where it computes what the model does.

    Raises:
        LookalikeError: the model, or the export that was asked for, is missing or broken.
    """
    if choice != "torch":
        try:
            return _open_export(export, model_sha256)
        except LookalikeError as error:
            if choice == "onnxruntime":
                raise
            if isinstance(error, DataError):  # else there is none, or none that could be taken
                say(f"{error} (until then torch computes, which starts more slowly)")
    from lookalike.inference.runtimes.torch import open_torch

    return open_torch(model)


def _open_export(folder: Path, model_sha256: str) -> Runtime:
    export = read_export(folder)
    path = graph_of(folder, export, model_sha256)
    from lookalike.inference.runtimes.onnxruntime import OnnxRuntime

    return OnnxRuntime(path, export)
