"""`models/inference.json`: what computes the embeddings of the pipeline.

The export stage writes it, and `evaluate` and `embed` depend on it instead of on the export: with
torch it stays the same whatever becomes of the graph, and with another engine it names the very
graph and the engine's version.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lookalike.core.errors import DataError, NotReadyError, one_line
from lookalike.core.json_file import parse_json, write_json
from lookalike.inference.exported import REMEDY, ExportDescription
from lookalike.inference.numerics import Numerics


class Inference(BaseModel):
    """All that can change a bit of an embedding, beside the model and the images.

    Attributes:
        numerics: the engine, and in which numbers it computes.
        graph_sha256: of the graph that is computed; None: the network itself is.
        version: of the engine; None: the stages depend on torch's version themselves.
        decode: what decodes ordinary JPEGs: the processor, or the device that torch computes on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    numerics: Numerics
    graph_sha256: str | None = None
    version: str | None = None
    decode: Literal["processor", "device"] = "processor"


def inference_of_graph(export: ExportDescription, numerics: Numerics) -> Inference:
    """What the engine that is installed here computes with the graph of an export."""
    graph = export.graph_in(numerics.precision)
    return Inference(
        numerics=numerics,
        graph_sha256=None if graph is None else graph.sha256,
        version=version(numerics.engine),
    )


def write_inference(path: Path, inference: Inference) -> None:
    """Write the file, whole or not at all."""
    write_json(path, inference.model_dump())


def read_inference(path: Path) -> Inference:
    """Read the file.

    Raises:
        LookalikeError: it is missing or broken.
    """
    try:
        return Inference.model_validate(parse_json(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        raise NotReadyError(f"{path}: missing; {REMEDY}") from None
    except (ValueError, ValidationError, OSError) as error:
        reason = one_line(error)
        raise DataError(f"{path}: is not whole ({reason}); {REMEDY}") from None
