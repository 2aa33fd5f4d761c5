"""A network as a file that other programs run: ONNX, TorchScript, or torch.export's program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lookalike.core.choices import Engine, ExportFormat
from lookalike.core.extras import extra
from lookalike.export.tracing import tracing
from lookalike.inference.exported import EMBEDDING, IMAGES, LOGITS, ExportDescription
from lookalike.inference.runtimes.runtime import Outputs
from lookalike.model.artifact import Model
from lookalike.model.fuse_batch_norm import fuse_batch_norm

Run = Callable[[np.ndarray], Outputs]


class Graph(nn.Module):
    """The network in fp32, batch norm fused: from images to the embedding, and logits if any.

    Args:
        model: whose network it is.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        network = fuse_batch_norm(model.network, "fp32", model.description.image_size.crop)
        self.network = network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self.outputs = [EMBEDDING, LOGITS] if network.classifier is not None else [EMBEDDING]

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return tuple(output for output in self.network(images) if output is not None)


@dataclass(frozen=True)
class GraphFormat:
    """A form that a graph can be written in.

    Attributes:
        file: what its file is called.
        write: traces a graph with some images `[n, channels, height, width]`, n at least 2, and
            writes it for any number of them. Raises whatever the tracer meets.
        open: opens the file, to compute with it.
    """

    file: str
    write: Callable[[Graph, Tensor, Path], None]
    open: Callable[[Path, ExportDescription], Run]


def _write_onnx(graph: Graph, images: Tensor, path: Path) -> None:
    with extra("pipeline"):
        import onnx  # noqa: F401  which torch.onnx needs
    # By tracing: torch's other exporter takes five times as long, and writes into the file where
    # the code of the network lies on this machine
    torch.onnx.export(
        graph,
        (images,),
        path,
        input_names=[IMAGES],
        output_names=graph.outputs,
        dynamic_axes={name: {0: "batch"} for name in (IMAGES, *graph.outputs)},
        dynamo=False,
    )


def _open_onnx(path: Path, export: ExportDescription) -> Run:
    from lookalike.inference.runtimes.onnxruntime import OnnxRuntime

    return OnnxRuntime(path, export, torch.get_num_threads()).run


def _open_openvino(path: Path, export: ExportDescription) -> Run:
    from lookalike.inference.runtimes.openvino import OpenVinoRuntime

    return OpenVinoRuntime(path, export, "fp32", torch.get_num_threads()).run


def _write_torchscript(graph: Graph, images: Tensor, path: Path) -> None:
    torch.jit.save(torch.jit.trace(graph, images, check_trace=False), path)


def _open_torchscript(path: Path, _export: ExportDescription) -> Run:
    return _run_by_torch(torch.jit.load(path))


def _write_program(graph: Graph, images: Tensor, path: Path) -> None:
    batch = {IMAGES: {0: torch.export.Dim("batch")}}
    torch.export.save(torch.export.export(graph, (images,), dynamic_shapes=batch), path)


def _open_program(path: Path, _export: ExportDescription) -> Run:
    return _run_by_torch(torch.export.load(path).module())


def _run_by_torch(module: Callable[[Tensor], tuple[Tensor, ...]]) -> Run:
    def run(images: np.ndarray) -> Outputs:
        with torch.inference_mode():
            embeddings, *logits = module(torch.from_numpy(images))
        return Outputs(embeddings.numpy(), logits[0].numpy() if logits else None)

    return run


FORMATS: dict[ExportFormat, GraphFormat] = {
    "onnx": GraphFormat("model.onnx", _write_onnx, _open_onnx),
    "torchscript": GraphFormat("model.pt", _write_torchscript, _open_torchscript),
    "torch-export": GraphFormat("model.pt2", _write_program, _open_program),
}


# What else computes an ONNX graph, where it is installed.
ENGINES: dict[Engine, Callable[[Path, ExportDescription], Run]] = {"openvino": _open_openvino}


def write_graph(graph: Graph, images: np.ndarray, form: ExportFormat, path: Path) -> None:
    """Write a graph; the same network gives the same bytes of ONNX.

    Raises whatever the tracer meets.
    """
    with tracing():
        FORMATS[form].write(graph, torch.from_numpy(images), path)
