"""What every engine that computes an exported model has in common."""

from pathlib import Path

import numpy as np

from lookalike.inference.exported import EMBEDDING, ExportDescription
from lookalike.inference.runtimes.text_graph import TextGraph
from lookalike.model.description import ModelDescription


class ExportedRuntime:
    """Knows the model of an export and computes its texts; images are left to the engine.

    Args:
        folder: of the export.
        export: its description.
        threads: compute threads; 0: as many as there are cores.
    """

    def __init__(self, folder: Path, export: ExportDescription, threads: int) -> None:
        self._export = export
        self._text = TextGraph(folder, export, threads)

    @property
    def description(self) -> ModelDescription:
        return self._export.model

    @property
    def dimension(self) -> int:
        size: int = self._export.outputs[EMBEDDING][1]
        return size

    def run_text(self, tokens: np.ndarray) -> np.ndarray:
        return self._text.run(tokens)
