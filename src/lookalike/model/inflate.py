"""A first convolution for any number of channels, with the filters learned on RGB kept.

As timm's `adapt_input_conv` (Wightman, github.com/huggingface/pytorch-image-models) does it.
"""

import torch
from torch import Tensor, nn

RGB = 3


def inflate_filters(weight: Tensor, channels: int) -> Tensor:
    """Filters for `channels` channels from filters for RGB.

    One channel gets the sum over red, green and blue. More get the three filters in turns, scaled
    by `3 / channels`, so that activations keep their size.

    Args:
        weight: `[filters, 3, height, width]`.
        channels: how many there are to be; 3 changes nothing.

    Returns:
        `[filters, channels, height, width]`.
    """
    if channels == RGB:
        return weight
    if channels == 1:
        return weight.sum(dim=1, keepdim=True)
    return weight[:, torch.arange(channels) % RGB] * (RGB / channels)


def inflate(model: nn.Module, channels: int) -> None:
    """Let a model for RGB images take images of `channels` channels, in place."""
    first = model.get_submodule(first_convolution(model) or "")
    assert isinstance(first, nn.Conv2d)
    if channels != RGB:
        first.weight = nn.Parameter(inflate_filters(first.weight.detach(), channels))
        first.in_channels = channels


def first_convolution(model: nn.Module) -> str | None:
    """The name of the layer that sees the image; None where that is no convolution."""
    convolutions = (name for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d))
    return next(convolutions, None)
