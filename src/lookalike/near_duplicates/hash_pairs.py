"""All pairs of images whose perceptual hashes are near: exact, by brute force in blocks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from lookalike.core.errors import LookalikeError

# 64 x 8192 distances and what they are made of stay in a processor's cache.
BLOCK_ROWS, BLOCK_COLUMNS = 64, 8192

# Beyond this, hashes tell nothing: the images are blank, or of a few pixels.
MOST_PAIRS = 50_000_000


class Pairs(NamedTuple):
    """Pairs of positions, `one < other`; sorted by them.

    Attributes:
        one, other: int32 `[n]`.
        mirrored: bool `[n]`, whether `other` is to be compared as its mirror image.
    """

    one: np.ndarray
    other: np.ndarray
    mirrored: np.ndarray

    def take(self, chosen: np.ndarray) -> "Pairs":
        """The pairs at some positions, or where a mask is true."""
        return Pairs(self.one[chosen], self.other[chosen], self.mirrored[chosen])


def near_hashes(
    phash: np.ndarray, phash_mirrored: np.ndarray, max_distance: int, workers: int
) -> Pairs:
    """Pairs of which the hash of one is near that of the other, or near its mirror image's.

    Args:
        phash, phash_mirrored: uint64 `[n]`.
        max_distance: bits in which two hashes may differ.
        workers: threads; numpy lets them run side by side.

    Raises:
        LookalikeError: there are more pairs than can be looked at.
    """

    def near(start: int) -> Pairs:
        return _joined(
            [
                *_near_in_rows(phash, phash, start, max_distance, False),
                *_near_in_rows(phash, phash_mirrored, start, max_distance, True),
            ]
        )

    found, total = [], 0
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for pairs in pool.map(near, range(0, len(phash), BLOCK_ROWS)):
            found.append(pairs)
            total += len(pairs.one)
            if total > MOST_PAIRS:
                pool.shutdown(cancel_futures=True)
                raise LookalikeError(
                    f"split.near_duplicates: more than {MOST_PAIRS} pairs of images have hashes "
                    f"within {max_distance} bits: lower max_hash_distance, or set "
                    "split.near_duplicates to null"
                )
    pairs = _joined(found)
    return pairs.take(np.lexsort((pairs.mirrored, pairs.other, pairs.one)))


def _near_in_rows(
    rows: np.ndarray, columns: np.ndarray, start: int, max_distance: int, mirrored: bool
) -> Iterator[Pairs]:
    """The near pairs of a block of rows with every column behind them."""
    block = rows[start : start + BLOCK_ROWS, None]
    for left in range(start, len(columns), BLOCK_COLUMNS):
        distances = np.bitwise_count(block ^ columns[None, left : left + BLOCK_COLUMNS])
        one, other = np.divmod(np.flatnonzero(distances <= max_distance), distances.shape[1])
        one, other = one + start, other + left
        behind = one < other
        yield Pairs(
            one[behind].astype(np.int32),
            other[behind].astype(np.int32),
            np.full(int(behind.sum()), mirrored),
        )


def _joined(parts: list[Pairs]) -> Pairs:
    empty = Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, bool))
    return Pairs(*map(np.concatenate, zip(empty, *parts, strict=True)))
