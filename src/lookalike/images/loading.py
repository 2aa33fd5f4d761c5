"""Batches of images from worker processes; how many there are changes no byte."""

import os
import signal
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.multiprocessing import _prctl_pr_set_pdeathsig  # type: ignore[attr-defined]
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
        worker_init_fn=_live_as_long_as_parent,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="fork" if workers else None,
        # Seeds for workers that live on are not drawn anew; from torch's own generator, their
        # number would decide on every random number after them, such as those of dropout.
        generator=torch.Generator(),
    )


def _live_as_long_as_parent(_worker: int) -> None:
    """Be no target of signals that are meant for the stage, and end with it.

    The terminal interrupts a whole group of processes, so a worker leaves that of the stage. One
    that outlived a killed stage would hold the lock of its working tree; where the system cannot
    end it at once (Linux can), it ends by itself a few seconds later.
    """
    os.setpgid(0, 0)
    _prctl_pr_set_pdeathsig(signal.SIGKILL)
