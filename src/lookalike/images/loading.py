"""Batches of images from worker processes; how many there are changes no byte."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from lookalike.images.batches import Item
from lookalike.images.dataset import ImageDataset

Batch = tuple[Tensor, Tensor]


def load_batches(
    dataset: ImageDataset, batches: Sampler[list[Item]], workers: int
) -> Iterable[Batch]:
    """Yield `(images [n, channels, height, width], targets int64 [n])` batch by batch.

    The result can be iterated over again; worker processes live as long as it does.
    """
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="fork" if workers else None,
        # Seeds for workers that live on are not drawn anew; from torch's own generator, their
        # number would decide on every random number after them, such as those of dropout.
        generator=torch.Generator(),
    )
