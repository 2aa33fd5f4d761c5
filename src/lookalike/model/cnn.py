"""A small convolutional network, for tiles too small for the deep ones."""

import re
from itertools import pairwise

from torch import nn

DEFAULT_WIDTH = 64
BLOCKS = 4
DROPOUT = 0.1


class ConvNet(nn.Sequential):
    """Four blocks of convolution, batch norm, ReLU, max pooling and dropout; then the mean.

    The blocks are those of Vinyals et al., "Matching Networks for One Shot Learning", 2016, but
    each has twice the filters of the one before. From `[n, channels, height, width]`, both sides 16
    or more, to `[n, 8 * width]`.

    Args:
        width: filters of the first block.
        channels: bands of the images.
    """

    FEATURES = 2 ** (BLOCKS - 1)  # times the width

    def __init__(self, width: int, channels: int) -> None:
        widths = [channels, *(width * 2**block for block in range(BLOCKS))]
        blocks = [_block(*pair) for pair in pairwise(widths)]
        super().__init__(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def cnn_width(name: str) -> int | None:
    """The width that a backbone's name gives: `cnn:32`, or `cnn` for 64; None: another backbone."""
    match = re.fullmatch(r"cnn(?::([1-9]\d{0,2}))?", name)
    return None if match is None else int(match[1] or DEFAULT_WIDTH)


def _block(channels: int, filters: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, filters, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Dropout2d(DROPOUT),
    )
