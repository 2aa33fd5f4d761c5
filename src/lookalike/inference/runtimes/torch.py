"""A model artifact, computed by torch."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lookalike.core.choices import Precision
from lookalike.inference.forward import forward
from lookalike.inference.runtimes.runtime import Outputs
from lookalike.model.artifact import Model, load_model
from lookalike.model.compute import accelerator, autocast
from lookalike.model.description import ModelDescription


class TorchRuntime:
    """Computes with the network itself."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def description(self) -> ModelDescription:
        return self._model.description

    @property
    def dimension(self) -> int:
        return self._model.dimension

    @torch.inference_mode()
    def run_text(self, tokens: np.ndarray) -> np.ndarray:
        device = accelerator()
        tower = self._model.fused.to(device).text
        assert tower is not None
        with autocast(self.description.precision, device):
            embeddings: Tensor = tower(torch.from_numpy(tokens).to(device))
        vectors: np.ndarray = embeddings.float().cpu().numpy()
        return vectors

    def run(self, images: np.ndarray) -> Outputs:
        embeddings, logits = forward(self._model, torch.from_numpy(images))
        return Outputs(embeddings.numpy(), None if logits is None else logits.numpy())


def open_torch(folder: Path, precision: Precision) -> TorchRuntime:
    """Open a model artifact, to compute in a precision; not int8.

    Raises:
        LookalikeError: it is missing or broken.
    """
    return TorchRuntime(load_model(folder).in_precision(precision))
