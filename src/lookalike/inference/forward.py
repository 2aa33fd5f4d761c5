"""What a network says of images, in batches of one constant shape.

With a constant batch shape an image's embedding is the same to the last bit whatever else is in its
batch; with another batch size it differs in the last bits.

Several processes take turns: of the batches that one alone would compute, each computes every n-th.
So they give the bytes of one, and hold no more images at once than a batch each.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lookalike.core.errors import LookalikeError
from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.images.shards import open_metadata
from lookalike.inference.processes import Processes
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator, autocast
from lookalike.model.network import Output
from lookalike.model.transforms import evaluation_transform
from lookalike.terminal.progress import track


@torch.inference_mode()
def forward(model: Model, images: Tensor) -> Output:
    """Run one batch of images `[n, channels, height, width]`; float32 on the CPU."""
    device = accelerator()
    network = model.fused.to(device)
    # while they are bytes, the channels are moved at a quarter of the cost
    pixels = images.to(device, non_blocking=True).to(memory_format=torch.channels_last)
    with autocast(model.description.precision, device):
        embeddings, logits = network(pixels)
    return Output(embeddings.float().cpu(), None if logits is None else logits.float().cpu())


def run_worker(
    model: Model, images: Path, batch_size: int, workers: int, processes: Processes
) -> None:
    """Compute, as one of several processes, what `extract` in the first one needs.

    Raises:
        LookalikeError: this process or another one failed.
    """
    rows: list[int] = processes.broadcast(None)
    for _ in compute(model, images, rows, batch_size, workers, processes):
        pass


def compute(
    model: Model,
    images: Path,
    rows: list[int],
    batch_size: int,
    workers: int,
    processes: Processes,
) -> Iterator[np.ndarray]:
    """Embeddings and logits side by side, `[n, d + classes]`, batch by batch.

    All processes go through this; the first one alone is given the batches.

    Args:
        model: what to embed with.
        images: the image store.
        rows: rows of the store.
        batch_size: images a forward pass.
        workers: processes that decode while this one computes; 0 for none.
        processes: those that compute.

    Raises:
        LookalikeError: another process failed, or makes something else of the images.
    """
    if rows and processes.count > 1:
        found = processes.gather(lambda: _evidence(model, images, batch_size))
        if len(set(found)) > 1:
            raise LookalikeError(
                "the processes do not make the same of the images; every host needs the same "
                "images and model, versions of libraries and kind of processor"
            )
    dataset = _dataset(model, images, rows)
    batches = SequentialBatches(len(rows), batch_size, processes.rank, processes.count)
    loader = iter(load_batches(dataset, batches, workers if len(batches) else 0))

    def next_batch() -> np.ndarray:
        for pixels, _ in loader:
            return _vectors(model, pixels, batch_size)
        return np.empty((0, 0), np.float32)  # in the last round, where others have the rest

    images_a_round = batch_size * processes.count
    rounds = -(-len(rows) // images_a_round)
    for _ in track(range(rounds), "embedding", rounds, images_a_round):
        yield from processes.gather(next_batch)


def _dataset(model: Model, images: Path, rows: list[int]) -> ImageDataset:
    transform = evaluation_transform(model.description.image_size)
    return ImageDataset(images, rows, [-1] * len(rows), transform)


def _vectors(model: Model, pixels: Tensor, batch_size: int) -> np.ndarray:
    """Embeddings and logits of a batch, which may be shorter than the others."""
    padding = pixels.new_zeros((batch_size - len(pixels), *pixels.shape[1:]))
    output = forward(model, torch.cat([pixels, padding]) if len(padding) else pixels)
    parts = [part for part in output if part is not None]
    return torch.cat(parts, dim=1)[: len(pixels)].numpy()


def _evidence(model: Model, images: Path, batch_size: int) -> str:
    """Says which images there are in which order, and what becomes of the first of them."""
    digest = hashlib.sha256()
    for ids in open_metadata(images)["id"].chunks:
        digest.update("".join(ids.to_pylist()).encode())
    pixels, _ = _dataset(model, images, [0])[(0, 0)]
    digest.update(_vectors(model, pixels[None], batch_size).tobytes())
    return digest.hexdigest()
