"""All pairs of perceptual hashes that are near: exact, however they are found."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import numpy as np

from lookalike.core.errors import LookalikeError
from lookalike.near_duplicates.multi_index import FARTHEST, Pairs, lookups

# 32 x 4096 hashes compared, a little more than a megabyte, stay in a processor core's cache.
BLOCK_ROWS, BLOCK_COLUMNS = 32, 4096

# More would take hours to look at. So many are there where images are blank, or of a few pixels, or
# very many: pairs grow with the square.
MOST_PAIRS = 50_000_000

# From so many comparisons on, a sample of them tells first how many pairs there will be.
MANY = 10**11
SAMPLED_ROWS = 1024


def near_hashes(
    rows: np.ndarray, columns: np.ndarray, max_distance: int, workers: int
) -> np.ndarray:
    """Positions of near hashes, `row < column`: int32 `[2, n]`, sorted.

    Args:
        rows: uint64 `[m]`.
        columns: uint64, `[m]` or more.
        max_distance: bits in which two hashes may differ; up to 8 take a fraction of the time.
        workers: threads; numpy lets them run side by side.

    Raises:
        LookalikeError: there are more pairs than can be looked at.
    """
    if len(rows) * len(columns) > MANY:
        _check_sample(rows, columns, max_distance)
    searches = lookups if max_distance <= FARTHEST else _comparisons
    too_many = Event()

    def near(search: Callable[[], Iterator[Pairs]]) -> np.ndarray:
        """A number for each pair: the row times the number of columns, plus the column."""
        found, total = [np.empty(0, np.int64)], 0
        for one, other in search():
            behind = one < other
            found.append(one[behind] * len(columns) + other[behind])
            total += len(found[-1])
            if total > MOST_PAIRS or too_many.is_set():
                too_many.set()
                break
        return np.concatenate(found)

    found, total = [np.empty(0, np.int64)], 0
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for pairs in pool.map(near, searches(rows, columns, max_distance)):
            found.append(pairs)
            total += len(pairs)
            if total > MOST_PAIRS:
                too_many.set()
                pool.shutdown(cancel_futures=True)
                raise LookalikeError(
                    f"split.near_duplicates: more than {MOST_PAIRS} pairs of images have hashes "
                    f"within {max_distance} bits: lower max_hash_distance, or set "
                    "split.near_duplicates to null"
                )
    one, other = np.divmod(np.sort(np.concatenate(found)), max(1, len(columns)))
    return np.stack([one, other]).astype(np.int32)


def _check_sample(rows: np.ndarray, columns: np.ndarray, max_distance: int) -> None:
    """Raise LookalikeError where some rows, evenly spread, tell that there are too many pairs."""
    sample = rows[np.linspace(0, len(rows) - 1, SAMPLED_ROWS).astype(int)]
    within = np.zeros(64 + 1, np.int64)
    for one in sample:
        within += np.bincount(np.bitwise_count(one ^ columns), minlength=64 + 1)
    # Each pair of images is there twice, and an image is near itself.
    pairs = (within.cumsum() - SAMPLED_ROWS) / SAMPLED_ROWS * len(rows) / 2
    if pairs[max_distance] <= MOST_PAIRS:
        return
    fitting = int(np.searchsorted(pairs, MOST_PAIRS, side="right")) - 1
    remedy = f"set max_hash_distance to {fitting} or less, or" if fitting >= 0 else "set"
    raise LookalikeError(
        f"split.near_duplicates: some {pairs[max_distance]:.0f} pairs of images have hashes within "
        f"{max_distance} bits, and at most {MOST_PAIRS} are looked at: {remedy} "
        "split.near_duplicates to null"
    )


def _comparisons(
    rows: np.ndarray, columns: np.ndarray, max_distance: int
) -> Iterator[Callable[[], Iterator[Pairs]]]:
    """Searches that compare each row with every column behind it."""
    for start in range(0, len(rows), BLOCK_ROWS):
        yield partial(_near_in_block, rows, columns, start, max_distance)


def _near_in_block(
    rows: np.ndarray, columns: np.ndarray, start: int, max_distance: int
) -> Iterator[Pairs]:
    """The near pairs of a block of rows with the columns behind its first row."""
    block = rows[start : start + BLOCK_ROWS, None]
    differing = np.empty((len(block), BLOCK_COLUMNS), np.uint64)
    distances = np.empty(differing.shape, np.uint8)
    for left in range(start + 1, len(columns), BLOCK_COLUMNS):
        behind = columns[left : left + BLOCK_COLUMNS]
        width = len(behind)
        np.bitwise_xor(block, behind, out=differing[:, :width])
        np.bitwise_count(differing[:, :width], out=distances[:, :width])
        near = np.flatnonzero(distances[:, :width] <= max_distance)
        one, other = np.divmod(near, width)  # numpy's search in two dimensions is slow
        yield start + one, left + other
