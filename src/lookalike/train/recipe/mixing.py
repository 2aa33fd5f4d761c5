"""Images of two classes in one: MixUp and CutMix."""

import torch
from torch import Tensor

from lookalike.core.seeds import seed_for
from lookalike.model.vision import v2
from lookalike.train.recipe.augmentation_params import MixingParams


class Mixing:
    """Mixes each image of a batch with another one of it, and their classes alike.

    MixUp blends them (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018), CutMix
    pastes a part of one into the other (Yun et al., "CutMix", 2019). Where both are on, each batch
    gets one of them, by an even chance.

    Args:
        params: `mixup` and `cutmix` are the parameters of the Beta distribution that shares are
            drawn from; 0 for neither.
        classes: how many there are.
        seed: the experiment's seed; what is drawn is a function of (seed, epoch, step).
    """

    def __init__(self, params: MixingParams, classes: int, seed: int) -> None:
        kinds = []
        if params.mixup > 0:
            kinds.append(v2.MixUp(alpha=params.mixup, num_classes=classes))
        if params.cutmix > 0:
            kinds.append(v2.CutMix(alpha=params.cutmix, num_classes=classes))
        self.mix = (
            v2.RandomApply([v2.RandomChoice(kinds)], params.mix_probability) if kinds else None
        )
        self.seed = seed

    def __call__(
        self, images: Tensor, targets: Tensor, epoch: int, step: int
    ) -> tuple[Tensor, Tensor]:
        """Mix a batch.

        Args:
            images: `[n, channels, height, width]`, uint8 or float32.
            targets: class numbers, int64 `[n]`.

        Returns:
            Images of the same type, and each one's share of each class, float32 `[n, classes]`; the
            class numbers themselves where nothing is mixed.
        """
        if self.mix is None:
            return images, targets
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed_for(self.seed, epoch, step, "mixing"))
            mixed, shares = self.mix(images.float(), targets)
        if images.dtype == torch.uint8:
            mixed = mixed.round().to(torch.uint8)
        return mixed, shares
