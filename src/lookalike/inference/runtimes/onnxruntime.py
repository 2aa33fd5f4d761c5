"""An exported model, computed by ONNX Runtime."""

from pathlib import Path

import numpy as np

from lookalike.inference.exported import EMBEDDING, IMAGES, ExportDescription
from lookalike.inference.runtimes.runtime import Outputs
from lookalike.inference.runtimes.sessions import open_session
from lookalike.inference.runtimes.text_graph import TextGraph
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
        self._session = open_session(path, threads)
        self._text = TextGraph(path.parent, export, threads)

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
        return self._text.run(tokens)
