"""Epochs in which the heads learn alone: the frozen backbone sees each image once.

What it makes of an image is the same in each of these epochs, as long as the image is the same:
where nothing varies it. In a batch of a constant shape it is the same to the last bit, whatever
else is in the batch, so learning from features in memory ends in the bytes of computing them anew.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from lookalike.images.batches import SequentialBatches, SharedBatches
from lookalike.images.loading import Batch, load_batches
from lookalike.inference.copy_stream import copied_ahead
from lookalike.terminal.progress import say, track
from lookalike.train.batches import Batches
from lookalike.train.params import TrainParams
from lookalike.train.step import Trainer

MOST_BYTES = 2 * 2**30


class FrozenFeatures:
    """The batches of each epoch, with features in the place of images where that saves work.

    Says in one line why not, where a backbone that is frozen for several epochs is to see each
    image in all of them.

    Args:
        trainer: of the run.
        batches: those of images.
        params: of the training.
        workers: processes that decode.
    """

    def __init__(
        self, trainer: Trainer, batches: Batches, params: TrainParams, workers: int
    ) -> None:
        self._trainer, self._images, self._workers = trainer, batches, workers
        self._frozen = min(params.freeze_epochs, params.epochs)
        self._features: Batches | None = None
        self._are_kept = self._frozen > 1
        if self._are_kept and (reason := _why_not(params, trainer.fabric.world_size)):
            self._refuse(reason)

    def batches(self, epoch: int, between_batches: Callable[[], None]) -> Batches:
        """Those of an epoch.

        Args:
            epoch: its number, from 1.
            between_batches: called after each batch of images that the backbone has seen.
        """
        if epoch > self._frozen:
            self._features = None
        elif self._are_kept and self._features is None and epoch < self._frozen:
            self._features = self._computed(between_batches)
        return self._features or self._images

    def _computed(self, between_batches: Callable[[], None]) -> Batches | None:
        """The backbone's features of all images; None where they are too large."""
        self._trainer.recipe.freezing.train(1)
        images, size = self._images, self._images.order.micro_batch_size
        in_turn = SequentialBatches(len(images.images), size)
        loaded = load_batches(images.images, in_turn, self._workers)
        there = copied_ahead(loaded, self._trainer.fabric.device)
        features: Tensor | None = None
        for number, (pixels, _) in enumerate(track(there, "features", len(in_turn), size)):
            found = self._of(_padded(pixels, size))[: len(pixels)]
            if features is None:
                features = found.new_empty(len(images.images), found.shape[1])
                if features.nbytes > MOST_BYTES:
                    self._refuse(
                        f"its features would take {features.nbytes / 1e9:.1f} GB of memory"
                    )
                    return None
            features[number * size :][: len(found)] = found
            between_batches()
        assert features is not None
        valid = []
        for pixels, targets in images.valid:
            valid.append((self._of(pixels), targets))
            between_batches()
        targets = torch.tensor(images.images.targets)
        return images._replace(train=_InOrder(features, targets, images.order), valid=valid)

    def _of(self, images: Tensor) -> Tensor:
        fabric = self._trainer.fabric
        with fabric.autocast(), torch.no_grad():
            return self._trainer.recipe.network.features(fabric.to_device(images)).cpu()

    def _refuse(self, reason: str) -> None:
        self._are_kept = False
        say(f"train: the frozen backbone sees each image in {self._frozen} epochs: {reason}")


class _InOrder:
    """Batches of features, as an order of the images chooses them.

    Args:
        features: `[n, d]`, of all images.
        targets: their class numbers, int64 `[n]`.
        order: which are in which batch.
    """

    def __init__(self, features: Tensor, targets: Tensor, order: SharedBatches) -> None:
        self._features, self._targets, self._order = features, targets, order

    def __iter__(self) -> Iterator[Batch]:
        for items in self._order:
            positions = [position for _, position in items]
            yield self._features[positions], self._targets[positions]


def _why_not(params: TrainParams, processes: int) -> str | None:
    """What shows the backbone another image in another epoch."""
    if params.augment != "none":
        return f"train.augment: {params.augment} varies them"
    if params.random_erasing > 0:
        return "train.random_erasing varies them"
    if params.mixup > 0 or params.cutmix > 0:
        return f"train.{'mixup' if params.mixup > 0 else 'cutmix'} mixes them"
    if processes > 1:
        return f"{processes} processes share each batch"
    return None


def _padded(images: Tensor, size: int) -> Tensor:
    missing = size - len(images)
    return torch.cat([images, images.new_zeros(missing, *images.shape[1:])]) if missing else images
