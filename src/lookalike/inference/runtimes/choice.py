"""What computes the queries' embeddings: `machine.runtime`, and how the index was computed."""

from importlib.util import find_spec
from pathlib import Path

from lookalike.core.choices import Engine, RuntimeChoice
from lookalike.core.errors import ConfigError, DataError, LookalikeError
from lookalike.core.extras import extra
from lookalike.inference.exported import DESCRIPTION, read_export
from lookalike.inference.numerics import Numerics
from lookalike.inference.runtimes.graph import open_graph
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
    model: Path,
    model_sha256: str,
    export: Path,
    built: Numerics,
    choice: RuntimeChoice = "auto",
) -> Runtime:
    """Open a model with the runtime of choice; none imports what another one needs.

    Args:
        model: the folder of the model artifact.
        model_sha256: its fingerprint.
        export: the folder of its export, if it has one.
        built: how the embeddings of the index were computed.
        choice: `auto` takes what starts fastest among those that agree with `built`.

    Raises:
        LookalikeError: the model, or the export that is needed, is missing or broken, or the
            choice does not agree with `built`.
    """
    numerics = Numerics(engine=_engine(choice, built), precision=built.precision)
    if not numerics.agrees_with(built):
        raise ConfigError(
            f"the index was computed by {built}, which {numerics.engine} rounds in another way; "
            "use machine.runtime: auto"
        )
    if numerics.engine != "torch":
        try:
            return open_graph(export, model_sha256, numerics)
        except LookalikeError as error:
            if choice != "auto" or built.precision != "fp32" or find_spec("torch") is None:
                raise
            if isinstance(error, DataError):  # else there is none, or none that could be taken
                say(f"{error} (until then torch computes, which starts more slowly)")
    with extra("torch"):
        from lookalike.inference.runtimes.torch import open_torch

    return open_torch(model, built.precision)


def _engine(choice: RuntimeChoice, built: Numerics) -> Engine:
    if choice != "auto":
        return choice
    return "onnxruntime" if built.precision == "fp32" else built.engine
