"""Two backbones as one: what each makes of an image, one after the other."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class SideBySide(nn.Module):
    """Two backbones that see the same images: their features, each of length 1, in one vector.

    So a cosine of two such vectors is the mean of the two backbones' cosines, and a head over them
    learns from both.

    Args:
        first: from images `[n, channels, height, width]`, normalized as it wants them, to `[n, d]`.
        second: likewise, to `[n, e]`; what it wants is said by `normalize_second`.
        channels: of an image.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, first: nn.Module, second: nn.Module, channels: int) -> None:
        super().__init__()
        self.first, self.second = first, second
        self.register_buffer("scale", torch.ones(1, channels, 1, 1), persistent=False)
        self.register_buffer("shift", torch.zeros(1, channels, 1, 1), persistent=False)

    def normalize_second(
        self,
        given: tuple[Sequence[float], Sequence[float]],
        wanted: tuple[Sequence[float], Sequence[float]],
    ) -> None:
        """Say how images come, and how the second backbone wants them: means and deviations."""
        (mean, std), (other_mean, other_std) = (
            map(self.scale.new_tensor, two) for two in (given, wanted)
        )
        self.scale.copy_((std / other_std).view_as(self.scale))
        self.shift.copy_(((mean - other_mean) / other_std).view_as(self.shift))

    def forward(self, images: Tensor) -> Tensor:
        """From images `[n, channels, height, width]` to features `[n, d + e]`."""
        both = self.first(images), self.second(images * self.scale + self.shift)
        return torch.cat([functional.normalize(features, dim=1) for features in both], dim=1)
