"""Near hashes found by looking up their parts, instead of comparing each with each.

Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", 2012: two
hashes that differ in at most 8 bits differ in at most 2 of one of three parts. Of 64 bits a part
has 21 or 22, so that few of a million hashes have a part in common by chance.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np

FARTHEST = 8


class Part(NamedTuple):
    """Some neighboring bits of a hash, counted from the lowest."""

    first: int
    width: int

    def of(self, hashes: np.ndarray) -> np.ndarray:
        """The values of the part, of uint64 hashes `[n]`: int64 `[n]`."""
        mask = np.uint64(2**self.width - 1)
        return ((hashes >> np.uint64(self.first)) & mask).astype(np.int64)

    def masks(self, most: int) -> Iterator[int]:
        """Every value of which at most so many bits are set."""
        for flipped in range(most + 1):
            for bits in combinations(range(self.width), flipped):
                yield sum(1 << bit for bit in bits)


PARTS = (Part(0, 22), Part(22, 21), Part(43, 21))

# Rows that are looked up and pairs that are compared at a time: they stay in a core's cache.
BLOCK_ROWS = 2**16
BLOCK_PAIRS = 2**17

Pairs = tuple[np.ndarray, np.ndarray]


def lookups(
    rows: np.ndarray, columns: np.ndarray, max_distance: int
) -> Iterator[Callable[[], Iterator[Pairs]]]:
    """Searches that together find every near pair once: positions of rows and of columns.

    Args:
        rows: uint64 `[m]`.
        columns: uint64 `[n]`.
        max_distance: bits in which two hashes may differ, at most `FARTHEST`.
    """
    for part in PARTS:
        values = part.of(columns)
        starts = np.zeros(2**part.width + 1, np.int64)
        np.cumsum(np.bincount(values, minlength=2**part.width), out=starts[1:])
        by_value = np.argsort(values, kind="stable")
        in_order = np.argsort(part.of(rows), kind="stable")
        for start in range(0, len(rows), BLOCK_ROWS):
            some = in_order[start : start + BLOCK_ROWS]
            yield partial(_near, rows, columns, max_distance, part, some, starts, by_value)


def _near(
    rows: np.ndarray,
    columns: np.ndarray,
    max_distance: int,
    part: Part,
    some: np.ndarray,
    starts: np.ndarray,
    by_value: np.ndarray,
) -> Iterator[Pairs]:
    """Near pairs of some rows with columns of a like part, if no earlier part is alike."""
    flipped = max_distance // len(PARTS)
    earlier = PARTS[: PARTS.index(part)]
    for places, found in _alike(part, flipped, part.of(rows[some]), starts):
        one, other = some[places], by_value[found]
        differing = rows[one] ^ columns[other]
        near = np.flatnonzero(np.bitwise_count(differing) <= max_distance)
        for before in earlier:
            near = near[np.bitwise_count(before.of(differing[near])) > flipped]
        yield one[near], other[near]


def _alike(part: Part, flipped: int, values: np.ndarray, starts: np.ndarray) -> Iterator[Pairs]:
    """Positions in `values`, and places in the table with a like value: a block at a time."""
    for mask in part.masks(flipped):
        wanted = values ^ mask
        begin = starts[wanted]
        counts = starts[wanted + 1] - begin
        there = np.flatnonzero(counts)
        ends = counts[there].cumsum()
        done = 0
        while len(there):
            # of one value there may be more columns than a block has
            size = max(1, int(np.searchsorted(ends, done + BLOCK_PAIRS, side="right")))
            now, there = there[:size], there[size:]
            last, ends = int(ends[size - 1]), ends[size:]
            shift = begin[now] - (np.cumsum(counts[now]) - counts[now])
            yield (
                np.repeat(now, counts[now]),
                np.arange(last - done) + np.repeat(shift, counts[now]),
            )
            done = last
