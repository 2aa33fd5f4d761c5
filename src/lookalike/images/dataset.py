"""A torch dataset over rows of the image store."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from lookalike.core.seeds import seed_for
from lookalike.images.pixels import Pixels, decode_pixels
from lookalike.images.store import ImageStore

Transform = Callable[[Pixels], Tensor]
Sample = tuple[Tensor, int]


class ImageDataset(Dataset[Sample]):
    """Images of the store, decoded and transformed: `([channels, height, width], target)`.

    Pixels are uint8 where the images are 8-bit RGB, float32 in the images' own units where the
    store names bands.

    Items are asked for by `(epoch, position)`. Random transforms are seeded by (seed, epoch, image
    id), so an item is independent of worker, order and batch. Six parameters, of which most callers
    leave out the last two.

    Args:
        images: the image store.
        rows: rows of the store, one for each position.
        targets: class numbers, one for each position; -1 where there is none.
        transform: from a decoded image (see `decode_pixels`) to a tensor.
        seed: the experiment's seed.
        decode: from a row to its image; None: the image is decoded from the store.
    """

    def __init__(
        self,
        images: ImageStore,
        rows: Sequence[int],
        targets: Sequence[int],
        transform: Transform,
        seed: int = 0,
        decode: Callable[[int], Pixels] | None = None,
    ) -> None:
        if len(rows) != len(targets):
            raise ValueError(f"{len(rows)} rows but {len(targets)} targets")
        self.images = images
        self.rows = rows
        self.targets = targets
        self.transform = transform
        self.seed = seed
        self.decode = decode or self._decode

    def __len__(self) -> int:
        return len(self.rows)

    def ids(self, items: Iterable[tuple[int, int]]) -> list[str]:
        """The ids of the images of some items."""
        return [self._id(self.rows[position]) for _, position in items]

    def __getitem__(self, item: tuple[int, int]) -> Sample:
        epoch, position = item
        row = self.rows[position]
        image, image_id = self.decode(row), self._id(row)
        with torch.random.fork_rng(devices=[]):
            # The processor's alone: torch.manual_seed notes for every other device where it was
            # called, which takes as long as decoding.
            torch.default_generator.manual_seed(seed_for(self.seed, epoch, image_id))
            return self.transform(image), self.targets[position]

    def _decode(self, row: int) -> Pixels:
        return decode_pixels(self.images.encoded(row), self.images.bands, max_pixels=None)

    def _id(self, row: int) -> str:
        return str(self.images.metadata["id"][row])
