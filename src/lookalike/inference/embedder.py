"""Embeddings and logits of images: those that are remembered, and those that have to be computed.

An image's embedding depends on the image and the model alone (see `inference`), so what a memo
remembers of an image is what computing it again would give.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from lookalike.images.shards import open_metadata
from lookalike.inference.cache import EmbeddingCache
from lookalike.inference.forward import compute
from lookalike.inference.processes import ALONE, Processes
from lookalike.model.artifact import Model
from lookalike.model.network import Output

# Images that are looked up, remembered and given at once: what a killed run loses at most.
BLOCK = 1024


class Extraction(NamedTuple):
    """What the network says of rows `start` to `stop` of those asked for, in float32 on the CPU.

    Attributes:
        embeddings: `[stop - start, d]`.
        logits: `[stop - start, classes]`, or None where the model has no classes.
    """

    start: int
    stop: int
    embeddings: Tensor
    logits: Tensor | None


def extract(
    model: Model,
    images: Path,
    rows: Sequence[int],
    batch_size: int,
    workers: int,
    memo: EmbeddingCache | None = None,
    processes: Processes = ALONE,
) -> Iterator[Extraction]:
    """Embed rows of the image store, block by block, in the order given.

    Of several processes the first calls this, and the others `run_worker`.

    Args:
        model: what to embed with.
        images: the image store.
        rows: rows of the store.
        batch_size: images a forward pass; a last batch that is shorter is padded.
        workers: processes that decode while this one computes; 0 for none.
        memo: where to look first, and where to remember what had to be computed.
        processes: those that compute.

    Raises:
        LookalikeError: the memo is broken, or another process failed or makes something else of
            the images.
    """
    ids = open_metadata(images)["id"].take(pa.array(rows, pa.int64()))
    known = np.zeros(len(rows), dtype=bool)
    if memo is not None:
        for start, block in _blocks(ids):
            remembered = memo.known(block)
            known[start : start + len(block)] = [image_id in remembered for image_id in block]
    missing = [row for row, there in zip(rows, known.tolist(), strict=True) if not there]
    missing = processes.broadcast(missing)
    computed = chain.from_iterable(compute(model, images, missing, batch_size, workers, processes))
    for start, block in _blocks(ids):
        there = known[start : start + len(block)]
        vectors = np.empty((len(block), model.dimension + len(model.description.classes)), "f4")
        if memo is not None and there.any():
            found = memo.get(block)
            vectors[there] = [found[block[position]] for position in np.flatnonzero(there)]
        if not there.all():
            new = np.flatnonzero(~there)
            vectors[new] = list(islice(computed, len(new)))
            if memo is not None:
                memo.add([block[position] for position in new], vectors[new])
        embeddings, logits = torch.from_numpy(vectors).split(
            [model.dimension, len(model.description.classes)], dim=1
        )
        has_classes = bool(model.description.classes)
        yield Extraction(start, start + len(block), embeddings, logits if has_classes else None)


def extract_all(
    model: Model,
    images: Path,
    rows: Sequence[int],
    batch_size: int,
    workers: int,
    memo: EmbeddingCache | None = None,
    processes: Processes = ALONE,
) -> Output:
    """As `extract`, at once: embeddings `[n, d]`, and logits `[n, classes]`."""
    embeddings = torch.empty(len(rows), model.dimension)
    logits = torch.empty(len(rows), len(model.description.classes))
    for part in extract(model, images, rows, batch_size, workers, memo, processes):
        embeddings[part.start : part.stop] = part.embeddings
        if part.logits is not None:
            logits[part.start : part.stop] = part.logits
    return Output(embeddings, logits if model.description.classes else None)


def _blocks(ids: pa.ChunkedArray) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, len(ids), BLOCK):
        yield start, ids.slice(start, BLOCK).to_pylist()
