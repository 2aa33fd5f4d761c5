"""How training images are varied: part of the block `train`."""

from typing import Literal

from pydantic import Field

from lookalike.core.errors import LookalikeError
from lookalike.core.group import Group

# Policies that work on colors: brightness, contrast, posterization.
NEED_RGB = ("trivialaugment", "randaugment")


class AugmentationParams(Group):
    """What happens to an image alone (`augmentation.py`)."""

    augment: Literal["none", "light", "strong", "trivialaugment", "randaugment"] = "light"
    augment_probability: float = Field(default=1.0, gt=0, le=1)
    smallest_crop: float = Field(default=0.35, gt=0, le=1)
    horizontal_flip: bool = True
    vertical_flip: bool = False
    random_erasing: float = Field(default=0.0, ge=0, le=1)


def check_augmentation(params: AugmentationParams, rgb: bool) -> None:
    """Check that the policy can vary these images.

    Raises:
        LookalikeError: it works on colors, and these have bands.
    """
    if params.augment in NEED_RGB and not rgb:
        raise LookalikeError(
            f"train.augment = {params.augment}: works on colors, but ingest.bands chose bands; "
            "there are none, light and strong"
        )


class MixingParams(Group):
    """What happens to the images of a batch together (`mixing.py`)."""

    mixup: float = Field(default=0.0, ge=0)
    cutmix: float = Field(default=0.0, ge=0)
    mix_probability: float = Field(default=1.0, gt=0, le=1)
