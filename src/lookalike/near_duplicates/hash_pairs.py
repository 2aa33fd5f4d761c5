"""All pairs of perceptual hashes that are near: exact, by brute force in blocks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lookalike.core.errors import LookalikeError

# 16 x 4096 hashes compared, 580 kilobytes, stay in a processor core's cache.
BLOCK_ROWS, BLOCK_COLUMNS = 16, 4096

# Beyond this, hashes tell nothing: the images are blank, or of a few pixels.
MOST_PAIRS = 50_000_000


def near_hashes(
    rows: np.ndarray, columns: np.ndarray, max_distance: int, workers: int
) -> np.ndarray:
    """Positions of near hashes, `row < column`: int32 `[2, n]`, sorted.

    Args:
        rows: uint64 `[m]`.
        columns: uint64, `[m]` or more.
        max_distance: bits in which two hashes may differ.
        workers: threads; numpy lets them run side by side.

    Raises:
        LookalikeError: there are more pairs than can be looked at.
    """

    def near(start: int) -> np.ndarray:
        parts = list(_near_in_rows(rows, columns, start, max_distance))
        found = np.concatenate([np.empty((2, 0), np.int32), *parts], axis=1)
        return found[:, np.lexsort(found[::-1])]

    found, total = [np.empty((2, 0), np.int32)], 0
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for pairs in pool.map(near, range(0, len(rows), BLOCK_ROWS)):
            found.append(pairs)
            total += pairs.shape[1]
            if total > MOST_PAIRS:
                pool.shutdown(cancel_futures=True)
                raise LookalikeError(
                    f"split.near_duplicates: more than {MOST_PAIRS} pairs of images have hashes "
                    f"within {max_distance} bits: lower max_hash_distance, or set "
                    "split.near_duplicates to null"
                )
    return np.concatenate(found, axis=1)


def _near_in_rows(
    rows: np.ndarray, columns: np.ndarray, start: int, max_distance: int
) -> Iterator[np.ndarray]:
    """The near pairs of a block of rows with every column behind them."""
    block = rows[start : start + BLOCK_ROWS, None]
    differing = np.empty((len(block), BLOCK_COLUMNS), np.uint64)
    distances = np.empty(differing.shape, np.uint8)
    for left in range(start, len(columns), BLOCK_COLUMNS):
        width = min(BLOCK_COLUMNS, len(columns) - left)
        np.bitwise_xor(block, columns[None, left : left + width], out=differing[:, :width])
        np.bitwise_count(differing[:, :width], out=distances[:, :width])
        one, other = np.nonzero(distances[:, :width] <= max_distance)
        pairs = np.stack([one + start, other + left]).astype(np.int32)
        yield pairs[:, pairs[0] < pairs[1]]
