"""Batches of images from worker processes; how many there are changes no byte."""

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.queues import Queue
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor
from torch.multiprocessing import _prctl_pr_set_pdeathsig  # type: ignore[attr-defined]
from torch.utils.data import DataLoader, Dataset, Sampler

from lookalike.core.errors import LookalikeError
from lookalike.images.batches import Item
from lookalike.images.dataset import Sample
from lookalike.terminal.loading_failure import loading_failure

Batch = tuple[Tensor, Tensor]
Collate = Callable[[list[Sample]], Batch]

SHARED_MEMORY = Path("/dev/shm")  # where batches wait for the main process; Linux has it
PREFETCHED = 4  # batches that each worker has ready: what one slow image holds up, others bridge


def load_batches(
    dataset: Dataset[Sample],
    batches: Sampler[list[Item]],
    workers: int,
    collate: Collate | None = None,
) -> Iterable[Batch]:
    """Yield `(images [n, channels, height, width], targets int64 [n])` batch by batch.

    The result can be iterated over again; worker processes live as long as it does.

    Args:
        dataset: the images, each asked for by its item.
        batches: the items of each batch.
        workers: processes that load; 0 for this one.
        collate: makes a batch of samples, in the process that loads; None: stacks them.

    Raises:
        LookalikeError: while it is iterated over: a worker process failed, or was killed.
    """
    return _Batches(_data_loader(dataset, batches, workers, collate))


def check_shared_memory(workers: int, batch_bytes: int) -> None:
    """Raise LookalikeError unless the batches that workers have ready fit into shared memory.

    Args:
        workers: all processes of this host that load images.
        batch_bytes: of the images of a batch, as the largest one is.
    """
    needed, free = workers * PREFETCHED * batch_bytes, shared_memory()
    if free is not None and needed > free:
        raise LookalikeError(
            f"machine.workers: {workers} loading processes need up to {needed / 1e6:.0f} MB of "
            f"shared memory, but {SHARED_MEMORY} has {free / 1e6:.0f} MB free: give the container "
            "more (docker run --shm-size=1g), or set machine.workers to fewer, or to 0"
        )


def shared_memory() -> int | None:
    """Bytes of shared memory that are free; None where the system does not bound it by itself."""
    return shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.is_dir() else None


class _Batches:
    """A DataLoader whose failures are one line."""

    def __init__(self, loader: Iterable[Batch]) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[Batch]:
        try:
            yield from self._loader
        except Exception as error:
            if (failure := loading_failure(error)) is None:
                raise
            raise LookalikeError(failure) from error


def _data_loader(
    dataset: Dataset[Sample], batches: Sampler[list[Item]], workers: int, collate: Collate | None
) -> Iterable[Batch]:
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=collate,
        persistent_workers=workers > 0,
        prefetch_factor=PREFETCHED if workers else None,
        worker_init_fn=_begin,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="fork" if workers else None,
        # Seeds for workers that live on are not drawn anew; from torch's own generator, their
        # number would decide on every random number after them, such as those of dropout.
        generator=torch.Generator(),
    )


def _begin(_worker: int) -> None:
    """Be no target of signals that are meant for the stage, and end with it, or with a failure.

    The terminal interrupts a whole group of processes, so a worker leaves that of the stage. One
    that outlived a killed stage would hold the lock of its working tree; where the system cannot
    end it at once (Linux can), it ends by itself a few seconds later.
    """
    os.setpgid(0, 0)
    _prctl_pr_set_pdeathsig(signal.SIGKILL)
    # A hook for those who build upon queues: by default a batch that cannot be sent, as for lack of
    # open files, is lost in a traceback, and waited for forever
    Queue._on_queue_feeder_error = staticmethod(_end)  # type: ignore[attr-defined]


def _end(_error: Exception, _batch: object) -> NoReturn:
    os._exit(1)
