"""Embeddings and logits of images, in batches of one constant shape.

With a constant batch shape an image's embedding is the same to the last bit whatever else is in its
batch; with another batch size it differs in the last bits. So what a memo remembers of an image is
what computing it again would give.
"""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from lookalike.core.progress import track
from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.images.shards import open_metadata
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator, autocast
from lookalike.model.memo import Memo
from lookalike.model.network import Output
from lookalike.model.transforms import evaluation_transform

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
    rows: list[int],
    batch_size: int,
    workers: int,
    memo: Memo | None = None,
) -> Iterator[Extraction]:
    """Embed rows of the image store, block by block, in the order given.

    Args:
        model: what to embed with.
        images: the image store.
        rows: rows of the store.
        batch_size: images a forward pass; a last batch that is shorter is padded.
        workers: processes that decode while this one computes; 0 for none.
        memo: where to look first, and where to remember what had to be computed.
    """
    ids = open_metadata(images)["id"].take(pa.array(rows, pa.int64()))
    known = np.zeros(len(rows), dtype=bool)
    if memo is not None:
        for start, block in _blocks(ids):
            found = memo.get(block)
            known[start : start + len(block)] = [image_id in found for image_id in block]
    missing = [row for row, there in zip(rows, known.tolist(), strict=True) if not there]
    computed = chain.from_iterable(_compute(model, images, missing, batch_size, workers))
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
    rows: list[int],
    batch_size: int,
    workers: int,
    memo: Memo | None = None,
) -> Output:
    """Embed rows of the image store at once: embeddings `[n, d]`, and logits `[n, classes]`."""
    parts = list(extract(model, images, rows, batch_size, workers, memo))
    logits = [part.logits for part in parts if part.logits is not None]
    return Output(
        torch.cat([part.embeddings for part in parts]), torch.cat(logits) if logits else None
    )


@torch.inference_mode()
def forward(model: Model, images: Tensor) -> Output:
    """Run one batch of images `[n, channels, height, width]`; float32 on the CPU."""
    device = accelerator()
    network = model.folded.to(device)
    # while they are bytes, the channels are moved at a quarter of the cost
    pixels = images.to(device, non_blocking=True).to(memory_format=torch.channels_last)
    with autocast(model.description.precision, device):
        embeddings, logits = network(pixels)
    return Output(embeddings.float().cpu(), None if logits is None else logits.float().cpu())


def _compute(
    model: Model, images: Path, rows: list[int], batch_size: int, workers: int
) -> Iterator[np.ndarray]:
    """Embeddings and logits side by side, `[n, d + classes]`, batch by batch."""
    transform = evaluation_transform(model.description.image_size)
    dataset = ImageDataset(images, rows, [-1] * len(rows), transform)
    batches = SequentialBatches(len(rows), batch_size)
    loader = load_batches(dataset, batches, workers if rows else 0)
    for pixels, _ in track(loader, "embedding", total=len(batches)):
        output = forward(model, _padded(pixels, batch_size))
        parts = [part for part in output if part is not None]
        yield torch.cat(parts, dim=1)[: len(pixels)].numpy()


def _blocks(ids: pa.ChunkedArray) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, len(ids), BLOCK):
        yield start, ids.slice(start, BLOCK).to_pylist()


def _padded(pixels: Tensor, batch_size: int) -> Tensor:
    missing = batch_size - len(pixels)
    if missing == 0:
        return pixels
    return torch.cat([pixels, pixels.new_zeros((missing, *pixels.shape[1:]))])
