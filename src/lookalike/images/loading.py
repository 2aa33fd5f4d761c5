"""Batches of images from worker processes; how many there are changes no byte."""

import signal
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from lookalike.images.batches import Item
from lookalike.images.dataset import ImageDataset

Batch = tuple[Tensor, Tensor]

PREFETCHED = 4  # batches that each worker has ready: what one slow image holds up, others bridge


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
        prefetch_factor=PREFETCHED if workers else None,
        worker_init_fn=_leave_signals_to_parent,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="fork" if workers else None,
        # Seeds for workers that live on are not drawn anew; from torch's own generator, their
        # number would decide on every random number after them, such as those of dropout.
        generator=torch.Generator(),
    )


def _leave_signals_to_parent(_worker: int) -> None:
    """The terminal interrupts all processes at once; which of them end is the first one's business.

    Workers whose parent has died end by themselves.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
