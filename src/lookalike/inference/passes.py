"""Forward passes of many batches of one shape, begun one after the other.

On a GPU a batch is copied there while the one before is computed, and its results come back while
the next one is: the GPU waits for nothing but images. A processor does one after the other.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from lookalike.inference.copy_stream import CopyStream
from lookalike.inference.cuda_graph import Function, graphed
from lookalike.inference.engine_model import EngineModel
from lookalike.inference.forward import forward, forward_there
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator
from lookalike.model.network import Output


class Passes(Protocol):
    """Forward passes of a model.

    Attributes:
        ahead: how many more to begin before the result of the first is waited for.
    """

    ahead: int

    def begin(self, images: Tensor) -> Callable[[], Tensor]:
        """Begin a forward pass of images `[n, channels, height, width]`.

        Returns:
            What waits for embeddings and logits side by side: float32 `[n, d + classes]`, in the
            processor's memory.
        """
        ...


class PlainPasses:
    """Each is done when it is begun: on a processor, by any engine."""

    ahead = 0

    def __init__(self, model: Model) -> None:
        self._model = model

    def begin(self, images: Tensor) -> Callable[[], Tensor]:
        vectors = _side_by_side(forward(self._model, images))
        return lambda: vectors


class GpuPasses:
    """Copies on a stream of their own, the network as a CUDA graph, results into pinned memory."""

    ahead = 1

    def __init__(self, model: Model, device: torch.device) -> None:
        self._model = model
        self._copies = CopyStream(device)
        self._compute: Function | None = None

    @torch.inference_mode()
    def begin(self, images: Tensor) -> Callable[[], Tensor]:
        (there,) = self._copies.begin(images)()
        if self._compute is None:
            self._compute = graphed(partial(_vectors_there, self._model), there)
        vectors = self._compute(there)
        here = torch.empty(vectors.shape, dtype=vectors.dtype, pin_memory=True)
        here.copy_(vectors, non_blocking=True)
        done = torch.cuda.Event(blocking=True)  # asleep, not busy: others decode meanwhile
        done.record()

        def waited_for() -> Tensor:
            done.synchronize()
            return here

        return waited_for


def passes_of(model: Model) -> Passes:
    """What suits the model and this machine."""
    device = accelerator()
    if device.type != "cuda" or isinstance(model, EngineModel):
        return PlainPasses(model)
    return GpuPasses(model, device)


def _vectors_there(model: Model, images: Tensor) -> Tensor:
    return _side_by_side(forward_there(model, images))


def _side_by_side(output: Output) -> Tensor:
    return torch.cat([part for part in output if part is not None], dim=1)
