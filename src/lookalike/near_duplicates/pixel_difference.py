"""How much two pictures differ where they differ most, whatever became of their tones."""

import numpy as np

from lookalike.near_duplicates.alignment import LUMA, SIDE, WINDOWS, Alignment
from lookalike.near_duplicates.candidates import Pairs
from lookalike.near_duplicates.orientations import turn
from lookalike.near_duplicates.thumbnails import SIZE, Thumbnails

# Tiles along a side: an object that is another one fills at least one of them.
TILES = 4

# Added to a tile's variance (that of the picture is 1), so that plain tiles are not all noise.
PLAIN = 0.1

# The uppermost or the lowest tiles may be another's, as under a caption, where all others differ by
# so many times less.
CAPTIONED = 2

# Levels of 255: a picture whose channels differ by less is taken for a gray one.
GRAY = 3


def pixel_difference(thumbnails: Thumbnails, pairs: Pairs, alignment: Alignment) -> np.ndarray:
    """The largest difference of any tile, in the tile's own standard deviations.

    The window of the first image and the whole second image, 16 x 16 pixels in color (in gray
    where one is gray), get the same histogram, which undoes what brightness, contrast and clipping
    did. Then each of 4 x 4 tiles is compared by itself: two motorbikes before one white wall are
    alike in most tiles, a copy in all.

    Args:
        thumbnails: of the images.
        pairs: `[n]` positions in `thumbnails`.
        alignment: the window of each pair's first image.

    Returns:
        float32 `[n]`, 0 for the same picture, about 1 for two unlike ones.
    """
    one, other = _aligned(thumbnails, pairs, alignment)
    gray = np.minimum(_colorfulness(one), _colorfulness(other)) < GRAY
    for pictures in (one, other):
        pictures[gray] = (pictures[gray] @ LUMA)[..., None]
    one, other = one.round().astype(np.uint8), other.round().astype(np.uint8)
    # Clipping can be repeated and not undone: only one of the two directions fits.
    difference: np.ndarray = np.minimum(
        _largest_of_tiles(_with_histogram_of(other, one), other),
        _largest_of_tiles(_with_histogram_of(one, other), one),
    )
    return difference


def _aligned(
    thumbnails: Thumbnails, pairs: Pairs, alignment: Alignment
) -> tuple[np.ndarray, np.ndarray]:
    """The parts to compare, float32 `[n, 16, 16, 3]`."""
    first = thumbnails[pairs.one].astype(np.float32)
    rows = WINDOWS[alignment.vertical] @ first.reshape(-1, SIZE, SIZE * 3)
    one = WINDOWS[alignment.horizontal][:, None] @ rows.reshape(-1, SIDE, SIZE, 3)
    second = turn(thumbnails[pairs.other], pairs.orientation).astype(np.float32)
    part = SIZE // SIDE
    other = np.einsum("nyaxbc->nyxc", second.reshape(-1, SIDE, part, SIDE, part, 3)) / part**2
    return one, other


def _colorfulness(pictures: np.ndarray) -> np.ndarray:
    """The standard deviation of the channels around their mean, in levels of 255: `[n]`."""
    deviation: np.ndarray = (pictures - pictures.mean(axis=3, keepdims=True)).std(axis=(1, 2, 3))
    return deviation


def _with_histogram_of(target: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Give each picture the levels of its target, the darkest the darkest: uint8, same shape."""
    n, values = len(pictures), SIDE * SIDE * 3
    flat = pictures.reshape(n, values).astype(np.intp)
    counts = np.bincount((flat + 256 * np.arange(n)[:, None]).ravel(), minlength=256 * n)
    counts = counts.reshape(n, 256)
    middle_rank = (counts.cumsum(axis=1) - (counts + 1) // 2).clip(0, values - 1)
    level_of = np.take_along_axis(np.sort(target.reshape(n, values), axis=1), middle_rank, axis=1)
    return np.take_along_axis(level_of, flat, axis=1).reshape(pictures.shape)


def _largest_of_tiles(matched: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The largest root mean square difference of a tile over its standard deviation."""
    spread = target.std(axis=(1, 2, 3), dtype=np.float32)[:, None, None, None] + 1
    one, other = _tiles(matched / spread), _tiles(target / spread)
    variance = (_variance(one) + _variance(other)) / 2
    difference = np.sqrt(_mean_square(one - other) / (variance + PLAIN)).reshape(-1, TILES, TILES)
    outside_caption = np.minimum(
        difference[:, 1:].max(axis=(1, 2)), difference[:, :-1].max(axis=(1, 2))
    )
    largest: np.ndarray = np.minimum(difference.max(axis=(1, 2)), CAPTIONED * outside_caption)
    return largest


def _tiles(pictures: np.ndarray) -> np.ndarray:
    """Pictures `[n, 16, 16, 3]` as `[n, tiles, pixels of a tile, 3]`."""
    side = SIDE // TILES
    tiles = pictures.reshape(-1, TILES, side, TILES, side, 3).swapaxes(2, 3)
    return tiles.reshape(-1, TILES**2, side**2, 3)


def _variance(tiles: np.ndarray) -> np.ndarray:
    return _mean_square(tiles - tiles.mean(axis=2, keepdims=True))


def _mean_square(tiles: np.ndarray) -> np.ndarray:
    """Over the pixels and channels of each tile: `[n, tiles]`."""
    mean: np.ndarray = np.einsum("ntpc,ntpc->nt", tiles, tiles) / (tiles.shape[2] * tiles.shape[3])
    return mean
