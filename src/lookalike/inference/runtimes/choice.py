"""Which runtime computes the queries' embeddings: `machine.runtime`."""

from importlib.util import find_spec
from pathlib import Path

from lookalike.core.choices import RuntimeChoice
from lookalike.core.errors import ConfigError, LookalikeError, NotReadyError
from lookalike.inference.exported import graph_of, read_export
from lookalike.inference.runtimes.runtime import Runtime
from lookalike.terminal.progress import say


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
    if choice == "onnxruntime" and read_export(export).model.precision != "fp32":
        raise ConfigError(
            f"machine.runtime = {choice}: the index was computed in bf16, which the export in "
            f"{export} does not do; use auto or torch"
        )
    if choice == "onnxruntime" or (choice == "auto" and _is_usable(export, model_sha256)):
        from lookalike.inference.runtimes.onnxruntime import open_onnxruntime

        return open_onnxruntime(export, model_sha256)
    from lookalike.inference.runtimes.torch import open_torch

    return open_torch(model)


def _is_usable(export: Path, model_sha256: str) -> bool:
    """Whether an export can stand in for a model; a line where one is there that cannot."""
    try:
        description = read_export(export)
        unexportable = description.file is None or description.model.precision != "fp32"
        if unexportable and description.model_sha256 == model_sha256:
            return False  # as its description says
        graph_of(export, description, model_sha256)
    except NotReadyError:
        return False
    except LookalikeError as error:
        say(f"{error} (until then torch computes, which starts more slowly)")
        return False
    return find_spec("onnxruntime") is not None
