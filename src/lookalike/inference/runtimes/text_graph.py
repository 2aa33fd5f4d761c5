"""The text tower of an export, computed by ONNX Runtime whatever computes images.

It is little work, in fp32 always, and opened when the first text comes.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.inference.exported import TOKENS, ExportDescription, text_graph_of

if TYPE_CHECKING:
    import onnxruntime


class TextGraph:
    """Gives tokens their embeddings.

    Args:
        folder: of the export.
        export: its description.
        threads: compute threads; 0: as many as there are cores.
    """

    def __init__(self, folder: Path, export: ExportDescription, threads: int = 0) -> None:
        self._folder, self._export, self._threads = folder, export, threads

    def run(self, tokens: np.ndarray) -> np.ndarray:
        """Embeddings `[n, d]` of tokens `[n, length]`.

        Raises:
            LookalikeError: the graph is missing, another, or cannot be read.
        """
        (embeddings,) = self._session.run(None, {TOKENS: tokens})
        vectors: np.ndarray = embeddings
        return vectors

    @cached_property
    def _session(self) -> "onnxruntime.InferenceSession":
        # Where another engine computes images, nothing but a text needs ONNX Runtime
        from lookalike.inference.runtimes.sessions import open_session

        return open_session(text_graph_of(self._folder, self._export), self._threads)
