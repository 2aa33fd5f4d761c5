"""Backbones by name: torchvision's and timm's classifiers without their last layer, and `cnn`."""

from difflib import get_close_matches

import torch
from torch import nn

from lookalike.core.choices import Pooling
from lookalike.core.errors import LookalikeError
from lookalike.model.cnn import ConvNet, cnn_width
from lookalike.model.inflate import RGB, inflate
from lookalike.model.open_clip_models import PREFIX as OPEN_CLIP
from lookalike.model.open_clip_models import (
    build_image_tower,
    check_open_clip,
    open_clip_name,
)
from lookalike.model.pooling import set_pooling
from lookalike.model.timm_models import PREFIX, build_timm, check_timm, timm_name
from lookalike.model.vision import models

# Number of classes a backbone is built with, only to tell its classifier from its other layers;
# the same as in ImageNet weights, so that those load as they are.
IMAGENET_CLASSES = 1000

CNN = "cnn"


def backbone_names() -> list[str]:
    """The names that `build_backbone` accepts, sorted, without those of timm.

    `cnn` may have a width, as in `cnn:32`; a model of timm is called `timm/NAME`.
    """
    return sorted([CNN, *models.list_models(module=models)])


def check_backbone(name: str) -> None:
    """Check that there is a backbone of that name.

    Raises:
        LookalikeError: there is none; the line suggests some. Or it is one of timm, which is not
            installed.
    """
    if (timm := timm_name(name)) is not None:
        check_timm(timm)
    elif (clip := open_clip_name(name)) is not None:
        check_open_clip(clip)
    elif name not in (names := backbone_names()) and cnn_width(name) is None:
        close = get_close_matches(name, names) or ["resnet18", "mobilenet_v2", "efficientnet_b0"]
        raise LookalikeError(
            f"train.backbone = {name!r}: there is no such backbone; there are {', '.join(close)} "
            f"and torchvision's other classification models, {PREFIX}NAME for those of timm, "
            f"{OPEN_CLIP}NAME for those of open_clip, and {CNN}, also with a width: {CNN}:32"
        )


def build_classifier(name: str) -> nn.Module:
    """Build a torchvision classification model with 1000 classes and random weights.

    Raises:
        LookalikeError: see `check_backbone`.
    """
    check_backbone(name)
    # The auxiliary classifiers of the Inception family serve only training from scratch.
    inception = name in {"googlenet", "inception_v3"}
    options = {"aux_logits": False, "init_weights": True} if inception else {}
    model: nn.Module = models.get_model(name, weights=None, num_classes=IMAGENET_CLASSES, **options)
    return model


def remove_classifier(model: nn.Module) -> int:
    """Replace the layer that scores the classes by the identity, in place.

    It is the last linear layer or convolution of the model. What comes before it stays: in VGG the
    two 4096-wide layers, in MobileNetV3 the last expansion.

    Returns:
        The number of features that the model now gives an image.
    """
    name, layer = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d)
    ][-1]
    parent = model.get_submodule(name.rpartition(".")[0])
    setattr(parent, name.rpartition(".")[2], nn.Identity())
    return layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels


def build_backbone(
    name: str, channels: int = RGB, pooling: Pooling = "auto"
) -> tuple[nn.Module, int]:
    """Build a backbone with random weights from torch's current seed.

    Returns:
        A module from float images `[n, channels, height, width]` to features `[n, d]`, and `d`.

    Raises:
        LookalikeError: see `check_backbone` and `set_pooling`.
    """
    if (width := cnn_width(name)) is not None:
        model: nn.Module = ConvNet(width, channels)
        features = ConvNet.FEATURES * width
    elif (timm := timm_name(name)) is not None:
        check_timm(timm)
        model, features = build_timm(timm, channels)
    elif (clip := open_clip_name(name)) is not None:
        check_open_clip(clip)
        model, features = build_image_tower(clip)
        inflate(model, channels)
    else:
        model = build_classifier(name)
        features = remove_classifier(model)
        inflate(model, channels)
    model = set_pooling(model, name, pooling)
    return model.to(memory_format=torch.channels_last), features  # type: ignore[call-overload]
