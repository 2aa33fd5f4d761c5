"""Outputs of the network for many images, in batches of one constant shape.

With a constant batch shape an image's embedding is the same to the last bit whatever else is in its
batch; with another batch size it differs in the last bits.

Several processes take turns: of the batches that one alone would compute, each computes every n-th.
So they give the bytes of one, and hold no more images at once than a batch each.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from lookalike.core.errors import LookalikeError
from lookalike.images.batches import SequentialBatches
from lookalike.images.store import ImageStore
from lookalike.inference.overlapped import overlapped
from lookalike.inference.passes import Passes, passes_of
from lookalike.inference.pixels import load_pixels
from lookalike.inference.processes import ALONE, Processes
from lookalike.model.artifact import Model


class BatchedOutputs:
    """Computes embeddings and logits of images, batch by batch.

    Args:
        model: what computes them.
        batch_size: images a forward pass; a last batch that is shorter is padded.
        workers: processes that decode while this one computes; 0 for none.
        processes: those that compute.
    """

    def __init__(
        self, model: Model, batch_size: int, workers: int = 0, processes: Processes = ALONE
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self.workers = workers
        self.processes = processes

    def rounds(self, rows: int) -> int:
        """How many batches each process computes for so many images."""
        return -(-rows // (self.batch_size * self.processes.count))

    def compute(self, images: ImageStore, rows: Sequence[int]) -> Iterator[list[np.ndarray]]:
        """Embeddings and logits side by side, `[n, d + classes]`: the batches of each round.

        All processes go through this; the first one alone is given the batches.

        Args:
            images: the image store.
            rows: rows of the store.

        Raises:
            LookalikeError: another process failed, or has other images, models or libraries.
        """
        if rows and self.processes.count > 1:
            found = self.processes.gather(lambda: self._evidence(images))
            if len(set(found)) > 1:
                raise LookalikeError(
                    "the processes compute different embeddings of the same image; every host "
                    "needs the same images and model, versions of libraries and kind of processor"
                )
        batches = SequentialBatches(
            len(rows), self.batch_size, self.processes.rank, self.processes.count
        )
        workers = self.workers if len(batches) else 0
        pixels = load_pixels(self.model, images, rows, batches, workers)
        vectors = overlapped(pixels, self._begin, self._passes.ahead)

        def next_batch() -> np.ndarray:
            nothing = np.empty((0, 0), np.float32)  # in the last round, where others have the rest
            return next(vectors, nothing)

        for _ in range(self.rounds(len(rows))):
            yield self.processes.gather(next_batch)

    @cached_property
    def _passes(self) -> Passes:
        return passes_of(self.model)

    def _begin(self, pixels: Tensor) -> Callable[[], np.ndarray]:
        """Begin with a batch, which may be shorter than the others; wait for its vectors."""
        size = len(pixels)
        padding = pixels.new_zeros((self.batch_size - size, *pixels.shape[1:]))
        vectors = self._passes.begin(torch.cat([pixels, padding]) if len(padding) else pixels)
        return lambda: vectors()[:size].numpy()

    def _vectors(self, pixels: Tensor) -> np.ndarray:
        """Embeddings and logits of a batch."""
        return self._begin(pixels)()

    def _evidence(self, images: ImageStore) -> str:
        """A hash over the images in their order, and over the outputs of the first of them."""
        digest = hashlib.sha256()
        for ids in images.metadata["id"].chunks:
            digest.update("".join(ids.to_pylist()).encode())
        (pixels,) = load_pixels(self.model, images, [0], SequentialBatches(1, 1))
        digest.update(self._vectors(pixels).tobytes())
        return digest.hexdigest()
