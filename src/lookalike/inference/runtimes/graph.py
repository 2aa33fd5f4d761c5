"""An exported graph, opened by the engine that is to compute it."""

from pathlib import Path

from lookalike.core.extras import extra
from lookalike.inference.exported import check_model, graph_of, read_export
from lookalike.inference.numerics import Numerics
from lookalike.inference.runtimes.runtime import Runtime


def open_graph(folder: Path, model_sha256: str, numerics: Numerics, threads: int = 0) -> Runtime:
    """Open the graph of a model; no engine imports what another one needs.

    Args:
        folder: of the export.
        model_sha256: the fingerprint of the model.
        numerics: which engine, and in which numbers it computes; not torch.
        threads: compute threads; 0: as many as there are cores.

    Raises:
        LookalikeError: the export is missing, broken, or of another model, or holds no such graph;
            the engine is not installed, or cannot compute so on this processor.
    """
    export = read_export(folder)
    check_model(folder, export, model_sha256)
    path = graph_of(folder, export, numerics)
    if numerics.engine == "openvino":
        with extra("openvino"):
            from lookalike.inference.runtimes.openvino import OpenVinoRuntime

        return OpenVinoRuntime(path, export, numerics.precision, threads)
    from lookalike.inference.runtimes.onnxruntime import OnnxRuntime

    return OnnxRuntime(path, export, threads)
