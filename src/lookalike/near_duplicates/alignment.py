"""Which part of one picture shows what another shows: copies are often cropped."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from lookalike.near_duplicates.candidates import Pairs
from lookalike.near_duplicates.orientations import turn
from lookalike.near_duplicates.thumbnails import SIZE, Thumbnails

# Side of the pictures that are compared, in pixels.
SIDE = 16

# ITU-R BT.601, as Pillow converts to gray.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

# Thumbnails whose windows are held at a time: 121 windows of a kilobyte each.
BATCH = 64


def _resampling(start: float, stop: float) -> np.ndarray:
    """Means over 16 equal parts of `[start, stop]` of a thumbnail's side: float32 `[16, 32]`."""
    edges = np.linspace(start * SIZE, stop * SIZE, SIDE + 1)
    pixels = np.arange(SIZE)
    overlap = np.minimum(pixels + 1, edges[1:, None]) - np.maximum(pixels, edges[:-1, None])
    weights: np.ndarray = overlap.clip(0) / np.diff(edges)[:, None]
    return weights.astype(np.float32)


# Along each side: all of it, 97.5 %, 95 % or 90 % of it, in steps of 2.5 %; float32 [11, 16, 32].
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
        correlation: of the gray pixels, float32 `[n]`.
        vertical, horizontal: int64 `[n]`, positions in `WINDOWS`.
    """

    correlation: np.ndarray
    vertical: np.ndarray
    horizontal: np.ndarray


def align(thumbnails: Thumbnails, pairs: Pairs, workers: int) -> Alignment:
    """Try every window of each pair's first image, as a whole row of the matrix of correlations.

    Args:
        thumbnails: of the images.
        pairs: positions in `thumbnails`.
        workers: threads.
    """
    order = np.argsort(pairs.one, kind="stable")
    first, starts = np.unique(pairs.one[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    correlation = np.empty(len(order), np.float32)
    window = np.empty(len(order), np.int64)

    def fill(images: slice) -> None:
        begin = starts[images][0]
        found = order[begin : ends[images][-1]]
        others, place = np.unique(pairs.other[found], return_inverse=True)
        batches = np.split(others, range(BATCH, len(others), BATCH))
        wholes = np.concatenate([_whole(thumbnails[batch]) for batch in batches])
        windows, lengths = _windows(thumbnails[first[images]])
        for start, end, tried, length in zip(
            starts[images] - begin, ends[images] - begin, windows, lengths, strict=True
        ):
            of_image = found[start:end]
            turned = turn(wholes[place[start:end]], pairs.orientation[of_image])
            scores = (turned.reshape(-1, SIDE * SIDE) @ tried.T) / length
            window[of_image] = scores.argmax(axis=1)
            correlation[of_image] = scores.max(axis=1)

    # One thread of linear algebra a thread: more of them wait for each other.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(max(1, workers)) as pool:
        list(pool.map(fill, (slice(at, at + BATCH) for at in range(0, len(first), BATCH))))
    return Alignment(correlation, *np.divmod(window, len(WINDOWS)))


def _whole(thumbnails: np.ndarray) -> np.ndarray:
    """The gray pictures `[n, 16, 16]`, each of mean 0 and length 1: products are correlations."""
    pictures = WINDOWS[0] @ (thumbnails @ LUMA) @ WINDOWS[0].T
    centered = pictures - pictures.mean(axis=(1, 2), keepdims=True)
    standardized: np.ndarray = centered / _length(centered.reshape(-1, SIDE * SIDE))[:, None, None]
    return standardized


def _windows(thumbnails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every window of each thumbnail `[n, 121, 256]`, and its length around its mean `[n, 121]`."""
    gray = thumbnails @ LUMA
    gray -= gray.mean(axis=(1, 2), keepdims=True)
    rows = WINDOWS @ gray[:, None]
    windows = rows[:, :, None] @ WINDOWS.swapaxes(1, 2)
    windows = windows.reshape(len(gray), -1, SIDE * SIDE)
    return windows, _length(windows)


def _length(vectors: np.ndarray) -> np.ndarray:
    """The length of each vector around its mean; at least one level a pixel, as flat ones have."""
    squares = np.einsum("...p,...p->...", vectors, vectors)
    squares -= vectors.sum(axis=-1) ** 2 / vectors.shape[-1]
    length: np.ndarray = np.sqrt(np.maximum(squares, vectors.shape[-1]))
    return length
