"""Which pairs of images are worth a look at their pixels: those of near perceptual hashes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lookalike.near_duplicates.hash_pairs import near_hashes
from lookalike.near_duplicates.orientations import (
    CLOCKWISE,
    COUNTERCLOCKWISE,
    FLIPPED,
    MIRRORED,
    ROTATED,
    TRANSPOSED,
    TRANSVERSE,
    UPRIGHT,
    transposed_bits,
)

# Turned copies and framed ones are seldom cropped as well. More bits would find other images.
FEWER_BITS = 8


class Pairs(NamedTuple):
    """Pairs of views: an image as a whole (its position), or what is inside its frame.

    Attributes:
        one, other: int32 `[n]`, positions; of a view inside a frame that of the image, plus the
            number of images.
        orientation: uint8 `[n]`, how `other` is to be turned, as EXIF numbers it.
    """

    one: np.ndarray
    other: np.ndarray
    orientation: np.ndarray

    def take(self, chosen: np.ndarray) -> "Pairs":
        """The pairs at some positions, or where a mask is true."""
        return Pairs(self.one[chosen], self.other[chosen], self.orientation[chosen])

    def isin(self, others: "Pairs") -> np.ndarray:
        """Which of the pairs are among some others: bool `[n]`."""
        keys, among = (
            (pairs.orientation.astype(np.int64) << 56)
            | (pairs.one.astype(np.int64) << 28)
            | pairs.other
            for pairs in (self, others)
        )
        return np.isin(keys, among)


def candidates(images: pa.Table, max_distance: int, workers: int) -> Pairs:
    """Pairs of which the hash of one is near that of the other, turned or without its frame.

    Args:
        images: the columns `phash...` of the image store.
        max_distance: bits in which two hashes may differ; fewer of a turned or a framed copy.
        workers: threads.

    Raises:
        LookalikeError: there are more pairs than can be looked at.
    """
    hashes = {name: images[name].to_numpy() for name in images.column_names}
    found = []
    for orientation, turned in _turned(hashes):
        most = max_distance if orientation <= MIRRORED else min(max_distance, FEWER_BITS)
        found.append(_pairs(near_hashes(hashes["phash"], turned, most, workers), orientation))
    unframed = _near_unframed(hashes, min(max_distance, FEWER_BITS), workers)
    found.append(_pairs(unframed, UPRIGHT))
    return Pairs(*map(np.concatenate, zip(*found, strict=True)))


def _pairs(positions: np.ndarray, orientation: int) -> Pairs:
    one, other = positions
    return Pairs(one, other, np.full(len(one), orientation, np.uint8))


def _turned(hashes: dict[str, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    """Each orientation, and the hashes of the images turned like that."""
    for orientation, transposed, name in (
        (UPRIGHT, TRANSPOSED, "phash"),
        (MIRRORED, COUNTERCLOCKWISE, "phash_mirrored"),
        (ROTATED, TRANSVERSE, "phash_rotated"),
        (FLIPPED, CLOCKWISE, "phash_flipped"),
    ):
        yield orientation, hashes[name]
        yield transposed, transposed_bits(hashes[name])


def _near_unframed(hashes: dict[str, np.ndarray], most: int, workers: int) -> np.ndarray:
    """Pairs of what is inside a frame with another image, as a whole or without its frame too."""
    whole, unframed = hashes["phash"], hashes["phash_unframed"]
    framed = np.flatnonzero(unframed != whole)
    columns = np.concatenate([unframed[framed], whole])
    views = np.concatenate([framed + len(whole), np.arange(len(whole))]).astype(np.int32)
    one, other = views[near_hashes(columns[: len(framed)], columns, most, workers)]
    return np.stack([one, other])[:, one - len(whole) != other]
