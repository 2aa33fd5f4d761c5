"""Which images make up which batch, as a pure function of seed and epoch."""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

import torch
from torch.utils.data import Sampler

from lookalike.core.seeds import seed_for

Item = tuple[int, int]


class EpochBatches(Protocol):
    """The batches of an epoch, all of one size, and always the same for an epoch."""

    batch_size: int

    def set_epoch(self, epoch: int) -> None: ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[list[Item]]: ...


class ShuffledBatches(Sampler[list[Item]]):
    """Batches for one epoch of training: a permutation seeded by (seed, epoch).

    A last batch that is not full is left out, unless it is the only one. Call `set_epoch` before
    each epoch.
    """

    def __init__(self, length: int, batch_size: int, seed: int) -> None:
        self.length = length
        self.batch_size = min(batch_size, length)
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration is for."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length // self.batch_size

    def __iter__(self) -> Iterator[list[Item]]:
        generator = torch.Generator().manual_seed(seed_for(self.seed, self.epoch, "order"))
        order = torch.randperm(self.length, generator=generator).tolist()
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield [(self.epoch, position) for position in order[start : start + self.batch_size]]


class SharedBatches(Sampler[list[Item]]):
    """What one of several processes does of each batch, at once or in micro-batches.

    A batch is what an optimizer's step learns from. Its micro-batches, gone through one after the
    other, add up their gradients; of each micro-batch every process has an equal part.

    Args:
        batches: the batches of an epoch.
        accumulation: how many micro-batches a batch is computed in.
        processes: how many processes share each of them.
        rank: which of them this one is, from 0.
    """

    def __init__(
        self, batches: EpochBatches, accumulation: int = 1, processes: int = 1, rank: int = 0
    ) -> None:
        self.batches = batches
        self.accumulation = accumulation
        self.processes = processes
        self.rank = rank
        self.first = 0

    def set_epoch(self, epoch: int, first: int = 0) -> None:
        """Choose the epoch that the next iteration is for, and the batch it begins with."""
        self.batches.set_epoch(epoch)
        self.first = first

    @property
    def steps(self) -> int:
        """How many batches an epoch has, from its beginning."""
        return len(self.batches)

    @property
    def micro_batch_size(self) -> int:
        """How many images a micro-batch has, those of all processes."""
        return self.batches.batch_size // self.accumulation

    def batch(self, step: int) -> list[Item]:
        """The whole batch of one step of the epoch, counted from 1, of all processes."""
        return next(islice(self.batches, step - 1, None))

    def __len__(self) -> int:
        return (self.steps - self.first) * self.accumulation

    def __iter__(self) -> Iterator[list[Item]]:
        for batch in islice(self.batches, self.first, None):
            size = len(batch) // (self.accumulation * self.processes)
            for number in range(self.accumulation):
                start = (number * self.processes + self.rank) * size
                yield batch[start : start + size]


class SequentialBatches(Sampler[list[Item]]):
    """Every image once, in order; the last batch may be shorter.

    Args:
        length: how many images there are.
        batch_size: how many a batch has.
        first: the batch to begin with, from 0.
        step: 1, or to take every so many-th batch alone.
    """

    def __init__(self, length: int, batch_size: int, first: int = 0, step: int = 1) -> None:
        self.length = length
        self.batch_size = batch_size
        self._starts = range(first * batch_size, length, step * batch_size)

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[list[Item]]:
        for start in self._starts:
            stop = min(start + self.batch_size, self.length)
            yield [(0, position) for position in range(start, stop)]
