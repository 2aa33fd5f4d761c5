"""Can a backbone take images of a size? Some need larger ones, some take one size alone."""

import torch
from torch import Tensor, nn

from lookalike.core.choices import Pooling
from lookalike.core.errors import LookalikeError
from lookalike.model.backbones import build_backbone
from lookalike.model.shapes_alone import shapes_alone
from lookalike.model.without_dynamo import without_dynamo

# What networks are made for: multiples of 32 and of 14, and Inception's 299.
USUAL_SIZES = (64, 96, 112, 128, 160, 192, 224, 256, 299, 336, 384, 448, 512, 518)
PATCHES = (14, 16, 32)  # sides of the patches of vision transformers, which take whole ones
SMALLEST = 32


def check_image_size(parameter: str, size: int, name: str) -> None:
    """Raise LookalikeError unless the backbone takes images of `size` x `size` pixels.

    The line names the nearest size that it takes. Nothing is computed: tensors on the device `meta`
    have shapes alone.

    Args:
        parameter: what the size is called in `params.yaml`.
        size: pixels.
        name: the backbone.
    """
    backbone = build_shapes(name)
    if _takes(backbone, size):
        return
    whole = {patch * round(size / patch) for patch in PATCHES}
    likely = {likely for likely in {*USUAL_SIZES, *whole} if likely >= SMALLEST}
    nearest = sorted(likely, key=lambda other: (abs(other - size), other))
    other = next((other for other in nearest if _takes(backbone, other)), None)
    advice = "" if other is None else f"; it takes {other}"
    raise LookalikeError(
        f"{parameter} = {size}: train.backbone {name} cannot take images of this size{advice}"
    )


def build_shapes(name: str, pooling: Pooling = "auto") -> nn.Module:
    """A backbone whose tensors have shapes alone; no random number is drawn."""
    with torch.random.fork_rng(devices=[]):  # the weights of the network itself stay as they are
        try:
            with shapes_alone():
                return build_backbone(name, pooling=pooling)[0].eval()
        except NotImplementedError:  # it computes with numbers while it is built
            return build_backbone(name, pooling=pooling)[0].to("meta").eval()


def _takes(backbone: nn.Module, size: int) -> bool:
    try:
        with torch.inference_mode(), without_dynamo():
            features: Tensor = backbone(torch.zeros(2, 3, size, size, device="meta"))
    except (RuntimeError, AssertionError, ValueError):
        return False
    return features.ndim == 2
