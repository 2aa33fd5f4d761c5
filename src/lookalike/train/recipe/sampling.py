"""Which images share a batch where classes are to be seen equally often."""

from collections.abc import Iterator, Sequence
from itertools import islice

import torch

from lookalike.core.seeds import seed_for
from lookalike.images.batches import Item, ShuffledBatches
from lookalike.train.recipe.loss_params import SamplingParams

# An image that an epoch shows again is varied anew: its view then has a number of no epoch.
VIEWS = 2**32


def make_sampler(
    targets: Sequence[int], params: SamplingParams, batch_size: int, seed: int
) -> ShuffledBatches:
    """The batches of an epoch, as `train.sampling` says.

    Args:
        targets: the class of each training image.
        params: how they are chosen.
        batch_size: images a batch, where there are as many.
        seed: the experiment's seed.
    """
    if params.sampling == "class_balanced":
        return BalancedBatches(targets, batch_size, seed)
    if params.sampling == "pk":
        return PKBatches(targets, batch_size, params.images_per_class, seed)
    return ShuffledBatches(len(targets), batch_size, seed)


class BalancedBatches(ShuffledBatches):
    """An epoch of as many images as there are, every class as often as any other.

    Images of small classes come several times, each time augmented anew; of large classes each
    epoch shows a part (Kang et al., "Decoupling Representation and Classifier for Long-Tailed
    Recognition", 2020).
    """

    def __init__(self, targets: Sequence[int], batch_size: int, seed: int) -> None:
        super().__init__(len(targets), batch_size, seed)
        self.positions_of = _by_class(targets)

    def __iter__(self) -> Iterator[list[Item]]:
        generator = _generator(self.seed, self.epoch)
        classes = _cycled(len(self.positions_of), generator)
        images = [_views(positions, self.epoch, generator) for positions in self.positions_of]
        drawn = [next(images[number]) for number, _ in islice(classes, self.length)]
        shuffled = (drawn[place] for place in torch.randperm(self.length, generator=generator))
        for _ in range(len(self)):
            yield list(islice(shuffled, self.batch_size))


class PKBatches(ShuffledBatches):
    """Batches of P classes with K images of each, class by class.

    Hermans et al., "In Defense of the Triplet Loss for Person Re-Identification", 2017. Where the
    data has fewer classes than fit into a batch, each gets more images.

    Args:
        targets: the class of each training image.
        batch_size: at most so many images are in a batch.
        images_per_class: K.
        seed: the experiment's seed.
    """

    def __init__(
        self, targets: Sequence[int], batch_size: int, images_per_class: int, seed: int
    ) -> None:
        self.positions_of = _by_class(targets)
        self.classes = min(batch_size // images_per_class, len(self.positions_of))
        self.images_per_class = batch_size // self.classes
        super().__init__(len(targets), batch_size, seed)
        self.batch_size = self.classes * self.images_per_class

    def __len__(self) -> int:
        return max(1, self.length // self.batch_size)

    def __iter__(self) -> Iterator[list[Item]]:
        generator = _generator(self.seed, self.epoch)
        classes = _cycled(len(self.positions_of), generator)
        images = [_views(positions, self.epoch, generator) for positions in self.positions_of]
        for _ in range(len(self)):
            chosen: dict[int, None] = {}
            while len(chosen) < self.classes:  # where two rounds meet, a class may come again
                chosen[next(classes)[0]] = None
            yield [item for c in chosen for item in islice(images[c], self.images_per_class)]


def _by_class(targets: Sequence[int]) -> list[list[int]]:
    positions: list[list[int]] = [[] for _ in range(max(targets) + 1)]
    for position, target in enumerate(targets):
        positions[target].append(position)
    return [found for found in positions if found]


def _generator(seed: int, epoch: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed_for(seed, epoch, "order"))


def _cycled(length: int, generator: torch.Generator) -> Iterator[tuple[int, int]]:
    """Yield `(number, round)`: every number below `length` once a round, shuffled, without end."""
    turn = 0
    while True:
        for number in torch.randperm(length, generator=generator).tolist():
            yield number, turn
        turn += 1


def _views(positions: list[int], epoch: int, generator: torch.Generator) -> Iterator[Item]:
    """Yield items of a class without end, each image once before any of them comes again."""
    for number, turn in _cycled(len(positions), generator):
        yield epoch + turn * VIEWS, positions[number]
