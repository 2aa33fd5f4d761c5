"""All pairs of perceptual hashes that are near: exact, compared in blocks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lookalike.core.errors import LookalikeError

# 32 x 4096 hashes compared, a little more than a megabyte, stay in a processor core's cache.
BLOCK_ROWS, BLOCK_COLUMNS = 32, 4096

# Two hashes that differ in fewer bits than there are parts have one of these parts in common.
PARTS = 9

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
    whole = [(np.arange(len(rows)), np.arange(len(columns)))]
    groups = _with_a_part_in_common(rows, columns) if max_distance < PARTS else whole
    blocks = (
        (some[start : start + height], others)
        for some, others in groups
        for height in [BLOCK_ROWS * max(1, BLOCK_COLUMNS // max(1, len(others)))]
        for start in range(0, len(some), height)
    )

    def near(block: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        found = list(_near_in_block(rows, columns, *block, max_distance))
        return np.concatenate(found) if found else np.empty(0, np.int64)

    found, total = [np.empty(0, np.int64)], 0
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for pairs in pool.map(near, blocks):
            found.append(pairs)
            total += len(pairs)
            if total > MOST_PAIRS:
                pool.shutdown(cancel_futures=True)
                raise LookalikeError(
                    f"split.near_duplicates: more than {MOST_PAIRS} pairs of images have hashes "
                    f"within {max_distance} bits: lower max_hash_distance, or set "
                    "split.near_duplicates to null"
                )
    one, other = np.divmod(np.unique(np.concatenate(found)), max(1, len(columns)))
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


def _with_a_part_in_common(
    rows: np.ndarray, columns: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of rows and columns that are equal in every ninth bit, of each of nine."""
    bits_of_rows, bits_of_columns = (
        np.unpackbits(hashes.astype(">u8").view(np.uint8)).reshape(-1, 64)
        for hashes in (rows, columns)
    )
    for part in range(PARTS):
        of_rows, of_columns = (
            np.packbits(bits[:, part::PARTS], axis=1)[:, 0]
            for bits in (bits_of_rows, bits_of_columns)
        )
        for value in np.unique(of_rows):
            yield np.flatnonzero(of_rows == value), np.flatnonzero(of_columns == value)


def _near_in_block(
    rows: np.ndarray, columns: np.ndarray, some: np.ndarray, others: np.ndarray, max_distance: int
) -> Iterator[np.ndarray]:
    """The near pairs of some positions in the rows with others behind them in the columns.

    A pair is one number: the first position times the number of columns, plus the second.
    """
    others = others[np.searchsorted(others, some[0], side="right") :]
    block = rows[some, None]
    differing = np.empty((len(block), min(BLOCK_COLUMNS, len(others))), np.uint64)
    distances = np.empty(differing.shape, np.uint8)
    for left in range(0, len(others), BLOCK_COLUMNS):
        behind = others[left : left + BLOCK_COLUMNS]
        width = len(behind)
        np.bitwise_xor(block, columns[behind], out=differing[:, :width])
        np.bitwise_count(differing[:, :width], out=distances[:, :width])
        near = np.flatnonzero(distances[:, :width] <= max_distance)
        one, other = np.divmod(near, width)  # numpy's search in two dimensions is slow
        one, other = some[one], behind[other]
        yield (one * len(columns) + other)[one < other]
