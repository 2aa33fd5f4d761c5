"""An exported model, computed by ONNX Runtime."""

from pathlib import Path

import numpy as np

from lookalike.inference.exported import IMAGES, ExportDescription
from lookalike.inference.runtimes.exported_runtime import ExportedRuntime
from lookalike.inference.runtimes.runtime import Outputs
from lookalike.inference.runtimes.sessions import open_session


class OnnxRuntime(ExportedRuntime):
    """Computes with an ONNX file.

    Args:
        path: the file.
        export: its description.
        threads: compute threads; 0: as many as there are cores.

    Raises:
        DataError: ONNX Runtime cannot read the file.
    """

    def __init__(self, path: Path, export: ExportDescription, threads: int = 0) -> None:
        super().__init__(path.parent, export, threads)
        self._session = open_session(path, threads)

    def run(self, images: np.ndarray) -> Outputs:
        embeddings, *logits = self._session.run(None, {IMAGES: np.ascontiguousarray(images)})
        return Outputs(embeddings, logits[0] if logits else None)
