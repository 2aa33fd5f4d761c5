"""A torch dataset of encoded images, for a device that decodes them itself."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from lookalike.images.dataset import Sample, Transform
from lookalike.images.loading import Batch
from lookalike.images.pixels import decode_pixels
from lookalike.images.plain_jpeg import plain_orientation
from lookalike.images.store import ImageStore

DECODED = 0  # in the place of an orientation


class EncodedDataset(Dataset[Sample]):
    """Plain JPEGs as they came, uint8 `[bytes]`, each with its orientation from 1 to 8.

    Other images are decoded here: what the transform makes of them, flat, with `DECODED`.

    Args:
        images: the image store, of 8-bit RGB.
        rows: rows of the store, one for each position.
        transform: from a decoded image to uint8.
    """

    def __init__(self, images: ImageStore, rows: Sequence[int], transform: Transform) -> None:
        self.images = images
        self.rows = rows
        self.transform = transform

    def __getitem__(self, item: tuple[int, int]) -> Sample:
        _, position = item
        data = self.images.encoded(self.rows[position])
        orientation = plain_orientation(data)
        if orientation is None:
            return self.transform(decode_pixels(data, None, max_pixels=None)).flatten(), DECODED
        return torch.frombuffer(bytearray(data), dtype=torch.uint8), orientation


def packed(samples: list[Sample]) -> Batch:
    """Samples as one tensor, since each that a process sends takes a file handle.

    Returns:
        The bytes of all, one after the other; and int64 `[n, 2]`, length and orientation of each.
    """
    index = torch.tensor([(len(data), orientation) for data, orientation in samples])
    return torch.cat([data for data, _ in samples]), index


def unpacked(batch: Batch) -> list[Sample]:
    """The samples of which `packed` made a batch."""
    data, index = batch
    lengths, orientations = index.T.tolist()
    parts: Sequence[Tensor] = data.split(lengths)
    return list(zip(parts, orientations, strict=True))
