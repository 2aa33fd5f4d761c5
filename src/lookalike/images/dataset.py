"""A torch dataset over rows of the image store."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from lookalike.core.seeds import seed_for
from lookalike.images.decode import decode
from lookalike.images.shards import open_shards

Transform = Callable[[Image.Image], Tensor]
Sample = tuple[Tensor, int]


class ImageDataset(Dataset[Sample]):
    """Images of the store, decoded and transformed: `(uint8 [channels, height, width], target)`.

    Items are asked for by `(epoch, position)`. Random transforms are seeded by (seed, epoch, image
    id), so an item is the same in whatever process, order and company it is made.

    Args:
        folder: the image store.
        rows: rows of the store, one for each position.
        targets: class numbers, one for each position; -1 where there is none.
        transform: from an RGB image to a uint8 tensor.
        seed: the experiment's seed.
    """

    def __init__(
        self,
        folder: Path,
        rows: Sequence[int],
        targets: Sequence[int],
        transform: Transform,
        seed: int = 0,
    ) -> None:
        if len(rows) != len(targets):
            raise ValueError(f"{len(rows)} rows but {len(targets)} targets")
        self.folder = folder
        self.rows = rows
        self.targets = targets
        self.transform = transform
        self.seed = seed
        self._table: pa.Table | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, item: tuple[int, int]) -> Sample:
        epoch, position = item
        row = self.rows[position]
        if self._table is None:  # opened by each worker process for itself
            self._table = open_shards(self.folder).select(["id", "image"])
        image_id = self._table["id"][row].as_py()
        image = decode(self._table["image"][row].as_py(), max_pixels=None)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_for(self.seed, epoch, image_id))
            return self.transform(image), self.targets[position]
