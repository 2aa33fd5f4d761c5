"""How fast each engine that is installed embeds with the exported model, on this machine."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch

from lookalike.core.choices import Engine, Precision
from lookalike.core.errors import LookalikeError
from lookalike.core.extras import extra
from lookalike.core.inference_params import OpenVino
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams
from lookalike.doctor.speed import per_second
from lookalike.export.chosen_inference import check_inference
from lookalike.export.quantization import Quantization
from lookalike.images.store import ImageStore
from lookalike.inference.exported import IMAGES, graph_of, read_export
from lookalike.inference.numerics import Numerics
from lookalike.inference.runtimes.graph import open_graph
from lookalike.inference.runtimes.torch import open_torch
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.terminal.progress import track

# Enough to be quick: what is measured is speed, not what int8 costs.
CALIBRATION_IMAGES = 8
# Those that change least come first.
KINDS: tuple[tuple[Engine, Precision], ...] = (
    ("torch", "fp32"),
    ("onnxruntime", "fp32"),
    ("openvino", "fp32"),
    ("torch", "bf16"),
    ("openvino", "bf16"),
    ("openvino", "int8"),
)


class EngineSpeed(NamedTuple):
    """Images a second that an engine embeds; they are decoded already."""

    numerics: Numerics
    speed: float


def engine_speeds(project: Layout, base: BaseParams, seconds: float) -> list[EngineSpeed]:
    """Measure every engine that is installed, in every precision that this processor can.

    Args:
        project: a project whose export stage has run.
        base: `threads` and `inference_batch_size`.
        seconds: how long each measurement takes.

    Returns:
        The speeds in the order of `KINDS`; none before the export stage has run.
    """
    if not project.export.is_dir():
        return []
    export = read_export(project.export)
    _, *shape = export.inputs[IMAGES]
    pixels = np.zeros((base.inference_batch_size, *shape), export.input_dtype)
    found, threads = [], torch.get_num_threads()
    torch.set_num_threads(base.threads)
    try:
        for engine, precision in track(KINDS, "measuring engines", len(KINDS)):
            numerics = Numerics(engine=engine, precision=precision)
            run = _opened(project, numerics, base.threads)
            if run is not None:
                rate = per_second(partial(run, pixels), seconds)
                found.append(EngineSpeed(numerics, len(pixels) * rate))
    finally:
        torch.set_num_threads(threads)
    return found


def _opened(
    project: Layout, numerics: Numerics, threads: int
) -> Callable[[np.ndarray], object] | None:
    """What computes; None where it cannot: there is no graph, or the engine is not installed."""
    if numerics.engine == "torch":
        return open_torch(project.model, numerics.precision).run
    try:
        if numerics.precision == "int8":
            return _quantized(project, threads)
        return open_graph(project.export, fingerprint(project.model), numerics, threads).run
    except LookalikeError:
        return None


def _quantized(project: Layout, threads: int) -> Callable[[np.ndarray], object]:
    """The graph in int8, made for this measurement alone."""
    check_inference(OpenVino(precision="int8"))
    numerics, export = Numerics(engine="openvino", precision="fp32"), read_export(project.export)
    graph = graph_of(project.export, export, numerics)
    with extra("openvino"), TemporaryDirectory() as scratch:
        from lookalike.inference.runtimes.openvino import OpenVinoRuntime

        images = Quantization(ImageStore(project.images), [], CALIBRATION_IMAGES)
        path = Path(scratch) / "model.int8.onnx"
        images.write(graph, export.model.image_size, path)
        return OpenVinoRuntime(path, export, "int8", threads).run
