"""Embeddings and logits of images, in batches of one constant shape.

With a constant batch shape an image's embedding is the same to the last bit whatever else is in its
batch; with another batch size it differs in the last bits.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from lookalike.core.progress import track
from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator, autocast
from lookalike.model.network import Output
from lookalike.model.transforms import evaluation_transform


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
    model: Model, images: Path, rows: list[int], batch_size: int, workers: int
) -> Iterator[Extraction]:
    """Embed rows of the image store, batch by batch, in the order given.

    Args:
        model: what to embed with.
        images: the image store.
        rows: rows of the store.
        batch_size: images a forward pass; a last batch that is shorter is padded.
        workers: processes that decode; 0 for this one.
    """
    transform = evaluation_transform(model.description.image_size)
    dataset = ImageDataset(images, rows, [-1] * len(rows), transform)
    batches = SequentialBatches(len(rows), batch_size)
    loader = load_batches(dataset, batches, workers)
    stop = 0
    for pixels, _ in track(loader, "embedding", total=len(batches)):
        start, stop = stop, stop + len(pixels)
        embeddings, logits = forward(model, _padded(pixels, batch_size))
        yield Extraction(
            start,
            stop,
            embeddings[: len(pixels)],
            None if logits is None else logits[: len(pixels)],
        )


def extract_all(
    model: Model, images: Path, rows: list[int], batch_size: int, workers: int
) -> Output:
    """Embed rows of the image store at once: embeddings `[n, d]`, and logits `[n, classes]`."""
    parts = list(extract(model, images, rows, batch_size, workers))
    logits = [part.logits for part in parts if part.logits is not None]
    return Output(
        torch.cat([part.embeddings for part in parts]), torch.cat(logits) if logits else None
    )


@torch.inference_mode()
def forward(model: Model, images: Tensor) -> Output:
    """Run one batch of images `[n, channels, height, width]`; float32 on the CPU."""
    device = accelerator()
    network = model.network.to(device)
    with autocast(model.description.precision, device):
        embeddings, logits = network(images.to(device, non_blocking=True))
    return Output(embeddings.float().cpu(), None if logits is None else logits.float().cpu())


def _padded(pixels: Tensor, batch_size: int) -> Tensor:
    missing = batch_size - len(pixels)
    if missing == 0:
        return pixels
    return torch.cat([pixels, pixels.new_zeros((missing, *pixels.shape[1:]))])
