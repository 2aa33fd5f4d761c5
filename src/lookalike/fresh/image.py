"""An added image, and all of them as a model sees them."""

from typing import NamedTuple

import numpy as np

from lookalike.search.segment import Segment


class FreshImage(NamedTuple):
    """An image to be added.

    Attributes:
        id: the sha256 of the file.
        path: what it is called.
        width: of the upright image, as `height`.
        embedding: float32 `[d]`.
        thumbnail: WebP.
        file: its bytes.
    """

    id: str
    path: str
    label: str | None
    source: str
    predicted_label: str | None
    width: int
    height: int
    embedding: np.ndarray
    thumbnail: bytes | None
    file: bytes


class Contents(NamedTuple):
    """What a file holds for one model.

    Attributes:
        segment: the images that were embedded with the model, in the order in which they came.
        stale: how many were embedded with another one.
        token: of the last change.
    """

    segment: Segment
    stale: int
    token: str
