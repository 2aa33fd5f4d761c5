"""From a decoded image to the tensor that the network takes: uint8 of RGB, float32 of bands."""

import torch

from lookalike.images.dataset import Transform
from lookalike.model.preprocessing import ImageSize, preprocess, resize_whole


def evaluation_transform(size: ImageSize) -> Transform:
    """What evaluation, embedding and searching do to an image; see `preprocess`."""
    return lambda image: torch.from_numpy(preprocess(image, size))


def whole_image(size: ImageSize) -> Transform:
    """Resize as `evaluation_transform` does, and cut nothing out of the center."""
    return lambda image: torch.from_numpy(resize_whole(image, size))
