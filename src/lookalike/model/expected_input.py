"""What a backbone's pretrained weights expect of images."""

from collections.abc import Sequence
from typing import NamedTuple

from lookalike.model.cnn import cnn_width
from lookalike.model.description import IMAGENET_MEAN, IMAGENET_STD
from lookalike.model.open_clip_models import open_clip_name, open_clip_settings
from lookalike.model.preprocessing import Interpolation
from lookalike.model.timm_models import timm_name, timm_settings
from lookalike.model.vision import models


class ExpectedInput(NamedTuple):
    """How images are resized, and how their values are normalized.

    Attributes:
        interpolation: the filter that resizes.
        mean: of each of red, green and blue, scaled to 0 to 1.
        std: likewise.
    """

    interpolation: Interpolation
    mean: Sequence[float] = IMAGENET_MEAN
    std: Sequence[float] = IMAGENET_STD


def expected_input(backbone: str) -> ExpectedInput:
    """What the weights of that name expect; a network without any does as well with it."""
    if cnn_width(backbone) is not None:
        return ExpectedInput("bilinear")
    if (timm := timm_name(backbone)) is not None:
        settings = timm_settings(timm)
        bicubic = settings.interpolation == "bicubic"
        return ExpectedInput(_named(bicubic), settings.mean, settings.std)
    if (clip := open_clip_name(backbone)) is not None:
        prepared = open_clip_settings(clip)
        bicubic = prepared["interpolation"] == "bicubic"
        return ExpectedInput(_named(bicubic), prepared["mean"], prepared["std"])
    evaluation = models.get_model_weights(backbone).DEFAULT.transforms()
    bicubic = evaluation.interpolation.value == "bicubic"
    return ExpectedInput(_named(bicubic), evaluation.mean, evaluation.std)


def _named(bicubic: bool) -> Interpolation:
    return "bicubic" if bicubic else "bilinear"
