"""Which part of one picture shows what another shows: copies are often cropped."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from lookalike.split.hash_pairs import Pairs
from lookalike.split.thumbnails import SIZE

# Side of the pictures that are compared, in pixels.
SIDE = 16

# ITU-R BT.601, as Pillow converts to grey.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

# Thumbnails whose windows are held at a time: 100 windows of a kilobyte each.
BATCH = 64


def _resampling(start: float, stop: float) -> np.ndarray:
    """Means over 16 equal parts of `[start, stop]` of a thumbnail's side: float32 `[16, 32]`."""
    edges = np.linspace(start * SIZE, stop * SIZE, SIDE + 1)
    pixels = np.arange(SIZE)
    overlap = np.minimum(pixels + 1, edges[1:, None]) - np.maximum(pixels, edges[:-1, None])
    weights: np.ndarray = overlap.clip(0) / np.diff(edges)[:, None]
    return weights.astype(np.float32)


# Along each side: all of it, 97.5 %, 95 % or 90 % of it, in steps of 2.5 %; float32 [10, 16, 32].
WINDOWS = np.stack(
    [
        _resampling(offset, offset + length)
        for length in (1.0, 0.975, 0.95, 0.9)
        for offset in np.arange(0, 1.001 - length, 0.025)
    ]
)


class Alignment(NamedTuple):
    """For each pair the window of the first image that is most like the whole second image.

    Attributes:
        correlation: of the grey pixels, float32 `[n]`.
        vertical, horizontal: int64 `[n]`, positions in `WINDOWS`.
    """

    correlation: np.ndarray
    vertical: np.ndarray
    horizontal: np.ndarray


def align(thumbnails: np.ndarray, pairs: Pairs, workers: int) -> Alignment:
    """Try every window of each pair's first image, as a whole row of the matrix of correlations.

    Args:
        thumbnails: uint8 `[images, 32, 32, 3]`.
        pairs: positions in `thumbnails`.
        workers: threads.
    """
    order = np.argsort(pairs.one, kind="stable")
    bounds = np.searchsorted(pairs.one[order], np.arange(len(thumbnails) + 1))
    batches = range(0, len(thumbnails), BATCH)
    wholes = np.concatenate([_whole(thumbnails[start : start + BATCH]) for start in batches])
    correlation = np.empty(len(order), np.float32)
    window = np.empty(len(order), np.int64)

    def fill(start: int) -> None:
        stop = min(start + BATCH, len(thumbnails))
        flat = WINDOWS.reshape(-1, SIZE)
        tried = flat @ (thumbnails[start:stop] @ LUMA) @ flat.T
        tried = tried.reshape(-1, len(WINDOWS), SIDE, len(WINDOWS), SIDE).swapaxes(2, 3)
        standard = _standardised(tried).reshape(stop - start, -1, SIDE * SIDE)
        for image in range(start, stop):
            found = order[bounds[image] : bounds[image + 1]]
            others = wholes[pairs.other[found]]
            flipped = pairs.mirrored[found]
            others[flipped] = others[flipped, :, ::-1]
            scores = others.reshape(-1, SIDE * SIDE) @ standard[image - start].T
            window[found] = scores.argmax(axis=1)
            correlation[found] = scores.max(axis=1)

    with ThreadPoolExecutor(max(1, workers)) as pool:
        list(pool.map(fill, batches))
    return Alignment(correlation, *np.divmod(window, len(WINDOWS)))


def _whole(thumbnails: np.ndarray) -> np.ndarray:
    return _standardised(WINDOWS[0] @ (thumbnails @ LUMA) @ WINDOWS[0].T)


def _standardised(pictures: np.ndarray) -> np.ndarray:
    """Pictures `[..., 16, 16]` of mean 0 and length 1: their products are correlations."""
    centred = pictures - pictures.mean(axis=(-2, -1), keepdims=True)
    length = np.sqrt((centred**2).sum(axis=(-2, -1), keepdims=True))
    standardised: np.ndarray = centred / np.maximum(length, SIDE)  # flat ones stay near 0
    return standardised
