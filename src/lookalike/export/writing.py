"""The folder of an exported model: its graph, and what somebody else needs to use it."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.core.choices import Engine, ExportFormat
from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.files import atomic_folder
from lookalike.core.hashing import sampled_sha256, sha256_of_file
from lookalike.core.json_file import to_json
from lookalike.export.graph import ENGINES, FORMATS, Graph, write_graph
from lookalike.export.parity import Parity, compared_images, measure_parity
from lookalike.export.quantization import Quantization
from lookalike.export.steps import preprocessing_steps
from lookalike.export.text import FILE as TEXT
from lookalike.export.text import write_text_graph
from lookalike.images.store import ImageStore
from lookalike.inference.exported import (
    DESCRIPTION,
    EMBEDDING,
    IMAGES,
    LOGITS,
    ExportDescription,
    ExportedFile,
    Shape,
)
from lookalike.model.artifact import Model
from lookalike.terminal.progress import say

QUANTIZED = "model.int8.onnx"
CONTENTS = (DESCRIPTION, TEXT, QUANTIZED, *(form.file for form in FORMATS.values()))


class NotExportableError(LookalikeError):
    """The network cannot become a graph, or the graph computes something else."""


def write_export(
    folder: Path,
    model: Model,
    images: ImageStore,
    form: ExportFormat,
    quantization: Quantization | None = None,
) -> Parity:
    """Write a model as a graph with its description, whole or not at all.

    Args:
        folder: the folder to write.
        model: a model that was loaded from an artifact.
        images: real ones, to compare the graph with the network.
        form: of the graph.
        quantization: writes an ONNX graph in int8 too; None: there is none.

    Raises:
        NotExportableError: it cannot be done, or the graph computes something else.
        LookalikeError: a package is missing, or something else is in the folder.
    """
    pixels = compared_images(images, model.description.image_size)
    graph = Graph(model)
    name = FORMATS[form].file
    with atomic_folder(folder, *CONTENTS) as partial:
        path = partial / name
        sample = pixels[:1].repeat(2, axis=0)
        description = _description(model, form)
        try:
            write_graph(graph, sample, form, path)
            run = FORMATS[form].open(path, description)
            parity = measure_parity(run, model.network, pixels)
        except LookalikeError:
            raise
        except Exception as error:  # tracers raise whatever they meet
            reason = one_line(error, 300)
            raise NotExportableError(f"as {form}: {reason}") from None
        if not parity.holds:
            raise NotExportableError(f"as {form}: {parity.problem}")
        changes: dict[str, Any] = {"file": _exported(path)}
        if form == "onnx":
            changes["compared_by"] = ["onnxruntime", *_also(path, description, model, pixels)]
        if quantization is not None:
            quantization.write(path, model.description.image_size, partial / QUANTIZED)
            changes["quantized"] = _exported(partial / QUANTIZED)
        if model.network.text is not None and form == "onnx":
            changes["text"] = _text(model, partial)
        _write(partial, description.model_copy(update=changes))
    return parity


def _text(model: Model, folder: Path) -> ExportedFile:
    length = model.description.context_length
    assert model.network.text is not None
    assert length is not None
    try:
        write_text_graph(model.network.text, length, folder / TEXT)
    except LookalikeError:
        raise
    except Exception as error:  # tracers raise whatever they meet
        reason = one_line(error, 300)
        raise NotExportableError(f"with its tower of text: {reason}") from None
    return _exported(folder / TEXT)


def _exported(path: Path) -> ExportedFile:
    return ExportedFile(
        name=path.name, sha256=sha256_of_file(path), sampled_sha256=sampled_sha256(path)
    )


def _also(
    path: Path, description: ExportDescription, model: Model, pixels: np.ndarray
) -> Iterator[Engine]:
    """Further engines that are installed and compute with an ONNX file what the network does."""
    for engine, open_file in ENGINES.items():
        if find_spec(engine) is not None:
            try:
                parity = measure_parity(open_file(path, description), model.network, pixels)
                problem = None if parity.holds else parity.problem
            except (LookalikeError, RuntimeError) as error:
                problem = one_line(error)
            if problem is None:
                yield engine
            else:
                say(f"export: {engine} does not compute what the network does: {problem}")


def write_refusal(folder: Path, model: Model, form: ExportFormat, reason: str) -> None:
    """Write a folder that says why a model has no graph."""
    with atomic_folder(folder, *CONTENTS) as partial:
        _write(partial, _description(model, form, reason))


def _write(folder: Path, export: ExportDescription) -> None:
    (folder / DESCRIPTION).write_text(to_json(export.model_dump(mode="json")), encoding="utf-8")


def _description(model: Model, form: ExportFormat, reason: str | None = None) -> ExportDescription:
    description = model.description
    side, classes = description.image_size.crop, len(description.classes)
    outputs: dict[str, Shape] = {EMBEDDING: ("batch", model.dimension)}
    if classes:
        outputs[LOGITS] = ("batch", classes)
    return ExportDescription(
        graph=form,
        model_sha256=model.fingerprint,
        file=None,
        reason=reason,
        compared_by=[],
        quantized=None,
        preprocessing=preprocessing_steps(description),
        input_dtype="uint8" if description.bands is None else "float32",
        inputs={IMAGES: ("batch", description.channels, side, side)},
        outputs=outputs,
        model=description,
    )
