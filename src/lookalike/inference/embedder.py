"""The embedder: embeddings and logits of images, each computed once.

An image's embedding depends on the image and the model alone (see `batched`), so a cached one is
what computing it again would give.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from lookalike.core.errors import DataError
from lookalike.images.store import ImageStore
from lookalike.inference.batched import BatchedOutputs
from lookalike.inference.cache import EmbeddingCache
from lookalike.inference.cache_key import CacheSettings, open_embedding_cache
from lookalike.inference.engine_model import inference_of
from lookalike.inference.processes import ALONE, Processes
from lookalike.model.artifact import Model, load_model
from lookalike.model.network import Output
from lookalike.terminal.progress import track

# Images that are looked up, cached and given at once: what a killed run loses at most.
BLOCK = 1024
IMAGES_NAMED = 3


class OutputBlock(NamedTuple):
    """Outputs of the network for images `start` to `stop` of those asked for, float32 on the CPU.

    Attributes:
        embeddings: `[stop - start, d]`.
        logits: `[stop - start, classes]`, or None where the model has no classes.
    """

    start: int
    stop: int
    embeddings: Tensor
    logits: Tensor | None


class Embedder:
    """Embeds images with a model.

    Args:
        model: what embeds them.
        batch_size: images a forward pass.
        workers: processes that decode while this one computes; 0 for none. Their number changes no
            byte.
        cache: where embeddings are looked up and kept; None: they are computed every time.
        processes: those that share the work. The first one embeds; the others `run_worker`.
    """

    def __init__(
        self,
        model: Model,
        batch_size: int = 32,
        workers: int = 0,
        cache: CacheSettings | None = None,
        processes: Processes = ALONE,
    ) -> None:
        self.model = model
        self._outputs = BatchedOutputs(model, batch_size, workers, processes)
        self._cache = cache

    @property
    def batch_size(self) -> int:
        """Images a forward pass."""
        return self._outputs.batch_size

    @property
    def is_worker(self) -> bool:
        """Whether another process embeds, and this one is to `run_worker`."""
        return self._outputs.processes.rank > 0

    def in_fp32(self) -> "Embedder | None":
        """An embedder of the same network by torch in fp32, of images decoded by the processor.

        None where this one computes in fp32 and has them decoded there.
        """
        inference = inference_of(self.model)
        if inference.numerics.precision == "fp32" and inference.decode == "processor":
            return None
        outputs = self._outputs
        model = self.model.in_precision("fp32")
        return Embedder(model, self.batch_size, outputs.workers, self._cache, outputs.processes)

    def embed(self, images: ImageStore, rows: Sequence[int] | None = None) -> np.ndarray:
        """The embeddings of images: float32 `[n, d]`, as the model gives them.

        Args:
            images: the image store.
            rows: rows of the store; None: all of them.

        Raises:
            LookalikeError: an embedding is not finite, the cache is broken, or another process
                failed.
        """
        return self.outputs(images, rows).embeddings.numpy()

    def outputs(self, images: ImageStore, rows: Sequence[int] | None = None) -> Output:
        """As `embed`: embeddings `[n, d]`, and logits `[n, classes]`."""
        rows = range(len(images)) if rows is None else rows
        classes = len(self.model.description.classes)
        embeddings = torch.empty(len(rows), self.model.dimension)
        logits = torch.empty(len(rows), classes)
        for block in self.blocks(images, rows):
            embeddings[block.start : block.stop] = block.embeddings
            if block.logits is not None:
                logits[block.start : block.stop] = block.logits
        return Output(embeddings, logits if classes else None)

    def blocks(self, images: ImageStore, rows: Sequence[int]) -> Iterator[OutputBlock]:
        """As `outputs`, block by block, so that memory does not grow with the number of images."""
        ids = images.metadata["id"].take(pa.array(rows, pa.int64()))
        cache = None if self._cache is None else self._open_cache(images, self._cache)
        with cache or nullcontext():
            known = _known(ids, cache)
            missing = [row for row, there in zip(rows, known.tolist(), strict=True) if not there]
            missing = self._outputs.processes.broadcast(missing)
            computed = self._computed(images, missing)
            for start, block in _blocks(ids):
                there = known[start : start + len(block)]
                vectors = np.empty((len(block), self._width), np.float32)
                if cache is not None and there.any():
                    found = cache.get(block)
                    vectors[there] = [found[block[place]] for place in np.flatnonzero(there)]
                if not there.all():
                    new = np.flatnonzero(~there)
                    vectors[new] = list(islice(computed, len(new)))
                    if cache is not None:
                        cache.add([block[place] for place in new], vectors[new])
                _check_finite(vectors, block)
                yield self._block(start, vectors)

    def run_worker(self, images: ImageStore) -> None:
        """Compute, as one of several processes, what the first one is asked for.

        Raises:
            LookalikeError: this process or another one failed.
        """
        rows: list[int] = self._outputs.processes.broadcast(None)
        for _ in self._outputs.compute(images, rows):
            pass

    @property
    def _width(self) -> int:
        return self.model.dimension + len(self.model.description.classes)

    def _computed(self, images: ImageStore, rows: Sequence[int]) -> Iterator[np.ndarray]:
        """Embeddings and logits side by side, `[d + classes]`, image by image."""
        rounds = self._outputs.compute(images, rows)
        shown = track(
            rounds,
            "embedding",
            self._outputs.rounds(len(rows)),
            self.batch_size * self._outputs.processes.count,
        )
        return chain.from_iterable(chain.from_iterable(shown))

    def _block(self, start: int, vectors: np.ndarray) -> OutputBlock:
        classes = len(self.model.description.classes)
        embeddings, logits = torch.from_numpy(vectors).split([self.model.dimension, classes], dim=1)
        return OutputBlock(start, start + len(vectors), embeddings, logits if classes else None)

    def _open_cache(self, images: ImageStore, settings: CacheSettings) -> EmbeddingCache:
        return open_embedding_cache(self.model, images.bands, self.batch_size, settings)


def open_embedder(model: str | Path, batch_size: int = 32, workers: int = 0) -> Embedder:
    """Open a model artifact and embed with it.

    Example:
        >>> embedder = open_embedder("models/model")
        >>> vectors = embedder.embed(open_images("data/images"))

    Args:
        model: the folder of the artifact.
        batch_size: images a forward pass.
        workers: processes that decode; 0 for none.

    Raises:
        LookalikeError: the artifact is missing or broken.
    """
    return Embedder(load_model(Path(model)), batch_size, workers)


def _known(ids: pa.ChunkedArray, cache: EmbeddingCache | None) -> np.ndarray:
    """Which of the images are cached: bool `[n]`."""
    known = np.zeros(len(ids), dtype=bool)
    if cache is not None:
        for start, block in _blocks(ids):
            cached = cache.known(block)
            known[start : start + len(block)] = [image_id in cached for image_id in block]
    return known


def _check_finite(vectors: np.ndarray, ids: list[str]) -> None:
    """Raise LookalikeError where the outputs for an image are not finite."""
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(broken):
        named = ", ".join(ids[position] for position in broken[:IMAGES_NAMED])
        raise DataError(
            f"the embeddings of {len(broken)} images are not finite ({named}"
            f"{', ...' if len(broken) > IMAGES_NAMED else ''}): train again, at base.precision: "
            "fp32 or a lower train.lr, or leave these images out"
        )


def _blocks(ids: pa.ChunkedArray) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, len(ids), BLOCK):
        yield start, ids.slice(start, BLOCK).to_pylist()
