"""Which images make up which batch, as a pure function of seed and epoch."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

from lookalike.core.seeds import seed_for

Item = tuple[int, int]


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


class SequentialBatches(Sampler[list[Item]]):
    """Every image once, in order; the last batch may be shorter."""

    def __init__(self, length: int, batch_size: int) -> None:
        self.length = length
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-self.length // self.batch_size)

    def __iter__(self) -> Iterator[list[Item]]:
        for start in range(0, self.length, self.batch_size):
            stop = min(start + self.batch_size, self.length)
            yield [(0, position) for position in range(start, stop)]
