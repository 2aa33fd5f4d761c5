"""What searching asks of whatever computes embeddings."""

from typing import NamedTuple, Protocol

import numpy as np

from lookalike.model.description import ModelDescription


class Outputs(NamedTuple):
    """Float32 arrays: embeddings `[n, d]`, as the model gives them, and logits `[n, classes]`.

    `logits` is None where the model has no classes.
    """

    embeddings: np.ndarray
    logits: np.ndarray | None


class Runtime(Protocol):
    """A model that is ready to compute."""

    @property
    def description(self) -> ModelDescription:
        """What the model is."""
        ...

    @property
    def dimension(self) -> int:
        """The size of an embedding."""
        ...

    def run_text(self, tokens: np.ndarray) -> np.ndarray:
        """Embeddings `[n, d]` of tokens `[n, length]`, of a model that knows text."""
        ...

    def run(self, images: np.ndarray) -> Outputs:
        """The outputs for images that are preprocessed, `[n, channels, height, width]`."""
        ...
