"""What is left of a picture without the frame, the black bars or the caption around it."""

from math import ceil, floor

import numpy as np
from PIL import Image

Box = tuple[float, float, float, float]

# Pixels of a side that are looked at: a decoder may do the first part of the averaging.
SIDE = 128
# Levels of 255 by which the pixels of a frame differ, after JPEG.
TOLERANCE = 12
# The share of a row's pixels in the frame's color that makes it a plain row.
PLAIN = 0.97
# The share of a side that the lines of a caption cover, between plain rows.
CAPTION = 0.1
# A picture of which less is left along a side has no frame, but a plain background.
LEAST_CONTENT = 0.2


def content_box(gray: Image.Image) -> Box | None:
    """The part of an 8-bit gray image inside its frame: left, top, right, bottom in pixels.

    From each edge, rows (columns) belong to the frame as long as they are plain, and so does what
    lies between plain rows of one color, if it is no higher than a caption. None where there is no
    frame, or where next to nothing would be left.
    """
    width, height = min(SIDE, gray.width), min(SIDE, gray.height)
    small = gray.resize((width, height), Image.Resampling.BOX)
    pixels = np.asarray(small)
    columns = np.ascontiguousarray(pixels.T)
    left, right = _frame(columns), width - _frame(columns[::-1])
    top, bottom = _frame(pixels), height - _frame(pixels[::-1])
    if (left, top, right, bottom) == (0, 0, width, height):
        return None
    if right - left < LEAST_CONTENT * width or bottom - top < LEAST_CONTENT * height:
        return None
    across, down = gray.width / width, gray.height / height
    return left * across, top * down, right * across, bottom * down


def _frame(rows: np.ndarray) -> float:
    """How many of the first rows are frame; of the last one, perhaps a part.

    Args:
        rows: uint8 `[rows, columns]`, no more than 255 columns.
    """
    color = _median(rows[0])
    darkest = ceil(max(0, color - TOLERANCE))
    levels = floor(min(255, color + TOLERANCE)) - darkest
    columns = rows.shape[1]
    # What is darker than the darkest wraps around to large numbers.
    if np.count_nonzero(rows[0] - darkest <= levels) / columns < PLAIN:  # of most: asked first
        return 0
    in_color = (rows - darkest <= levels).view(np.uint8)
    plain = np.add.reduce(in_color, axis=1, dtype=np.uint8) / columns >= PLAIN
    found = plain.nonzero()[0]
    ends = (np.diff(found) > 1 + CAPTION * len(rows)).nonzero()[0]
    frame = int(found[ends[0] if len(ends) else -1]) + 1
    # The next row may be frame in part: as far as it is nearer to the frame than the one after it.
    here, after = (_distance(rows, place, color) for place in (frame, frame + 1))
    return frame + max(0.0, 1 - here / after) if after > 0 else frame


def _distance(rows: np.ndarray, place: int, color: float) -> float:
    """How far the pixels of a row are from a color, on average; 1 behind the last row."""
    if place >= len(rows):
        return 1.0
    total: float = np.abs(rows[place] - np.float64(color)).sum()
    return float(total / rows.shape[1])


def _median(values: np.ndarray) -> float:
    """As `np.median`, which takes ten times as long for so few."""
    ordered = np.sort(values)
    return (int(ordered[(len(values) - 1) // 2]) + int(ordered[len(values) // 2])) / 2
