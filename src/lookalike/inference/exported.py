"""An exported model: a folder with a graph and `model.json`, which says how to use it."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lookalike.core.choices import Engine, ExportFormat, Precision
from lookalike.core.errors import ConfigError, DataError, NotReadyError, one_line
from lookalike.core.hashing import sampled_sha256
from lookalike.core.json_file import parse_json
from lookalike.inference.numerics import Numerics
from lookalike.model.description import ModelDescription

DESCRIPTION = "model.json"
REMEDY = "run dvc repro export, or dvc pull"

IMAGES: Final = "images"
EMBEDDING: Final = "embedding"
LOGITS: Final = "logits"
TOKENS: Final = "tokens"

Shape = tuple[Literal["batch"], int] | tuple[Literal["batch"], int, int, int]


class ExportedFile(BaseModel):
    """The graph, known by its content.

    Attributes:
        name: within the folder.
        sha256: over every byte.
        sampled_sha256: see `core.hashing`; it is checked whenever the file is opened.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    sha256: str
    sampled_sha256: str


class ExportDescription(BaseModel):
    """The content of an export's `model.json`.

    Attributes:
        model_sha256: the fingerprint of the model that it comes from.
        model: what that model is, with its classes in the order of the logits.
        preprocessing: how an image file becomes the input, step by step, for people.
        input_dtype: of `images`: uint8 of RGB images, float32 of chosen bands.
        inputs: the shape of each input.
        outputs: the shape of each output; `embedding` is as the model gives it, not normalized.
        file: the graph, in fp32; null: the model cannot be exported.
        text: the graph of the text tower, from `tokens` to `embedding`, by the tokenizer of
            open_clip; null: the model knows no text, or it is exported for images alone.
        reason: why it cannot.
        compared_by: the engines by which the graph computes what the network does.
        quantized: the graph in int8, where `base.inference` asks for one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    format: Literal[2] = 2
    graph: ExportFormat
    model_sha256: str
    file: ExportedFile | None
    text: ExportedFile | None = None
    reason: str | None
    compared_by: list[Engine]
    quantized: ExportedFile | None
    preprocessing: list[str]
    input_dtype: Literal["uint8", "float32"]
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    model: ModelDescription

    def graph_in(self, precision: Precision) -> ExportedFile | None:
        """The file whose graph is computed in a precision, if there is one."""
        return self.quantized if precision == "int8" else self.file


def read_export(folder: Path) -> ExportDescription:
    """Read the description of an export.

    Raises:
        LookalikeError: it is missing or broken.
    """
    path = folder / DESCRIPTION
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
        return ExportDescription.model_validate(content)
    except (FileNotFoundError, NotADirectoryError):
        raise NotReadyError(f"{path}: missing; {REMEDY}") from None
    except (ValueError, ValidationError, OSError) as error:
        reason = one_line(error)
        raise DataError(f"{path}: is not whole ({reason}); {REMEDY}") from None


def graph_of(folder: Path, export: ExportDescription, numerics: Numerics) -> Path:
    """The file of an export with which an engine computes what a model does.

    Its parity with the model was checked when it was written: else there would be no file.

    Args:
        folder: of the export.
        export: its description.
        numerics: the engine, and in which numbers it computes.

    Raises:
        ConfigError: the model has no graph, or none that this engine computes so.
        DataError: the file is missing or another.
    """
    if export.file is None:
        raise ConfigError(f"{folder}: holds no graph: {export.reason}; use torch")
    if numerics.engine not in export.compared_by:
        raise ConfigError(
            f"{folder}: was not compared with {numerics.engine}; install it and run dvc repro "
            "export"
        )
    file = export.graph_in(numerics.precision)
    if file is None:
        raise ConfigError(f"{folder}: holds no graph in int8; {REMEDY}")
    return _whole(folder, file)


def check_model(folder: Path, export: ExportDescription, model_sha256: str) -> None:
    """Raise DataError unless an export is of the model with this fingerprint."""
    if export.model_sha256 != model_sha256:
        raise DataError(
            f"{folder}: was exported from the model {export.model_sha256:.12}, but the model here "
            f"is {model_sha256:.12}; {REMEDY}"
        )


def text_graph_of(folder: Path, export: ExportDescription) -> Path:
    """The file of the text tower.

    Raises:
        ConfigError: the export is without one.
        DataError: the file is missing or another.
    """
    if export.text is None:
        raise ConfigError(f"{folder}: knows no text; use machine.runtime: torch")
    return _whole(folder, export.text)


def _whole(folder: Path, file: ExportedFile) -> Path:
    path = folder / file.name
    try:
        found = sampled_sha256(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from None
    if found != file.sampled_sha256:
        raise DataError(f"{path}: is not the file that {DESCRIPTION} names; {REMEDY}")
    return path
