"""Links between images that are copies of one another, whatever was done to them.

Perceptual hashes name the candidates, and pixels decide. docs/near-duplicates.md has the figures.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits

from lookalike.images.store import ImageStore
from lookalike.near_duplicates.alignment import Alignment, align
from lookalike.near_duplicates.candidates import Pairs, candidates
from lookalike.near_duplicates.orientations import INVERSE
from lookalike.near_duplicates.params import NearDuplicates
from lookalike.near_duplicates.pixel_difference import pixel_difference
from lookalike.near_duplicates.thumbnails import Thumbnails, read_thumbnails

# No copy of docs/near-duplicates.md within the pixel threshold is less like its original.
LEAST_CORRELATION = 0.9

BATCH = 1024


class Link(NamedTuple):
    """Two images, by id, `one < other`, and their `pixel_difference`."""

    one: str
    other: str
    difference: float


def find_links(images: ImageStore, params: NearDuplicates, workers: int) -> list[Link]:
    """Every pair of near-duplicates of the image store, sorted; the order of its rows is no matter.

    Args:
        images: the image store.
        params: how alike two images have to be.
        workers: threads.

    Raises:
        LookalikeError: there are too many pairs of like hashes to look at.
    """
    ids = images.metadata["id"]
    by_id = pc.sort_indices(ids).to_numpy()
    hashes = [name for name in images.metadata.column_names if name.startswith("phash")]
    in_order = images.metadata.select(hashes).take(by_id)
    pairs = candidates(in_order, params.max_hash_distance, workers)
    compared, positions = np.unique([pairs.one, pairs.other], return_inverse=True)
    one, other = positions.reshape(2, -1)
    unframed, image = np.divmod(compared, max(1, len(images)))
    views = by_id[image] + unframed * len(images)
    thumbnails = read_thumbnails(images, views.tolist(), workers)
    links: dict[tuple[str, str], float] = {}  # one pair may be found in several ways
    alike, differences = compare(thumbnails, Pairs(one, other, pairs.orientation), workers)
    near = np.flatnonzero(differences <= params.max_pixel_difference)
    names = (ids.take(by_id[image[ends[near]]]).to_pylist() for ends in (alike.one, alike.other))
    for one_name, other_name, difference in zip(*names, differences[near].tolist(), strict=True):
        key = (min(one_name, other_name), max(one_name, other_name))
        links[key] = min(difference, links.get(key, difference))
    return [Link(*key, difference) for key, difference in sorted(links.items())]


def compare(thumbnails: Thumbnails, pairs: Pairs, workers: int) -> tuple[Pairs, np.ndarray]:
    """Those pairs that are at all alike, with their differences; either image may be the crop.

    Args:
        thumbnails: of the images.
        pairs: positions in `thumbnails`.
        workers: threads.
    """
    if not len(pairs.one):
        return pairs, np.empty(0)
    one = np.concatenate([pairs.one, pairs.other])
    other = np.concatenate([pairs.other, pairs.one])
    found = align(
        thumbnails,
        Pairs(one, other, np.concatenate([pairs.orientation, INVERSE[pairs.orientation]])),
        workers,
    )
    cropped, whole = zip(*(np.split(part, 2) for part in found), strict=True)
    swap = whole[0] > cropped[0]
    best = Alignment(*(np.where(swap, b, a) for a, b in zip(cropped, whole, strict=True)))
    turned = Pairs(
        np.where(swap, pairs.other, pairs.one),
        np.where(swap, pairs.one, pairs.other),
        np.where(swap, INVERSE[pairs.orientation], pairs.orientation),
    )
    alike = np.flatnonzero(best.correlation >= LEAST_CORRELATION)

    def differences(chosen: np.ndarray) -> np.ndarray:
        window = Alignment(*(part[chosen] for part in best))
        return pixel_difference(thumbnails, turned.take(chosen), window).astype(float).round(4)

    batches = np.split(alike, range(BATCH, len(alike), BATCH))
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(max(1, workers)) as pool:
        return pairs.take(alike), np.concatenate(list(pool.map(differences, batches)))
