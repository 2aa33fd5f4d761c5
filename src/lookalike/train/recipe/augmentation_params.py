"""How training images are varied: part of the block `train`."""

from typing import Literal

from pydantic import Field

from lookalike.core.group import Group


class AugmentationParams(Group):
    """What happens to an image alone (`augmentation.py`)."""

    augment: Literal["none", "light", "strong", "trivialaugment", "randaugment"] = "light"
    augment_probability: float = Field(default=1.0, gt=0, le=1)
    smallest_crop: float = Field(default=0.35, gt=0, le=1)
    horizontal_flip: bool = True
    vertical_flip: bool = False
    random_erasing: float = Field(default=0.0, ge=0, le=1)


class MixingParams(Group):
    """What happens to the images of a batch together (`mixing.py`)."""

    mixup: float = Field(default=0.0, ge=0)
    cutmix: float = Field(default=0.0, ge=0)
    mix_probability: float = Field(default=1.0, gt=0, le=1)
