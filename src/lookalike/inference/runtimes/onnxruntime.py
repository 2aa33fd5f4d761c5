"""An exported model, computed by ONNX Runtime."""

from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime

from lookalike.core.errors import DataError
from lookalike.inference.exported import (
    EMBEDDING,
    IMAGES,
    REMEDY,
    TOKENS,
    ExportDescription,
    text_graph_of,
)
from lookalike.inference.runtimes.runtime import Outputs
from lookalike.model.description import ModelDescription


class OnnxRuntime:
    """Computes with an ONNX file.

    Args:
        path: the file.
        export: its description.
        threads: compute threads; 0: as many as there are cores.

    Raises:
        DataError: ONNX Runtime cannot read the file.
    """

    def __init__(self, path: Path, export: ExportDescription, threads: int = 0) -> None:
        self._export = export
        self._path, self._threads = path, threads
        self._session = open_session(path, threads)

    @property
    def description(self) -> ModelDescription:
        return self._export.model

    @property
    def dimension(self) -> int:
        size: int = self._export.outputs[EMBEDDING][1]
        return size

    def run(self, images: np.ndarray) -> Outputs:
        embeddings, *logits = self._session.run(None, {IMAGES: np.ascontiguousarray(images)})
        return Outputs(embeddings, logits[0] if logits else None)

    def run_text(self, tokens: np.ndarray) -> np.ndarray:
        (embeddings,) = self._text_session.run(None, {TOKENS: tokens})
        vectors: np.ndarray = embeddings
        return vectors

    @cached_property
    def _text_session(self) -> onnxruntime.InferenceSession:
        return open_session(text_graph_of(self._path.parent, self._export), self._threads)


def open_session(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open an ONNX file.

    Args:
        path: the file.
        threads: compute threads; 0: as many as there are cores.

    Raises:
        DataError: ONNX Runtime cannot read the file.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Beyond this level, opening takes up to twice as long and computing no less
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_LAYOUT
    options.log_severity_level = 4  # its errors are raised as well
    # A thread that waits for work in a loop takes processor time from others
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no class in common
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: cannot be read ({reason}); {REMEDY}") from None
