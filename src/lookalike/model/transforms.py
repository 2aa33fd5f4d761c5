"""From a decoded image to the tensor that the network takes: uint8 of RGB, float32 of bands."""

import numpy as np
import torch
from torch import Tensor

from lookalike.images.dataset import Transform
from lookalike.images.pixels import Pixels
from lookalike.model.preprocessing import ImageSize, preprocess, resize_whole
from lookalike.model.vision import v2


def evaluation_transform(size: ImageSize) -> Transform:
    """What evaluation, embedding and searching do to an image; see `preprocess`."""
    return lambda image: torch.from_numpy(preprocess(image, size))


def whole_image(size: ImageSize) -> Transform:
    """Resize as `evaluation_transform` does, and cut nothing out of the center."""
    return lambda image: torch.from_numpy(resize_whole(image, size))


def to_tensor(*steps: object) -> Transform:
    """One transform of several steps of torchvision, and of the last one to a tensor."""
    pipeline = v2.Compose([*steps, v2.PILToTensor()])  # a tensor passes as it is

    def transform(image: Pixels) -> Tensor:
        bands = isinstance(image, np.ndarray)
        result: Tensor = pipeline(torch.from_numpy(image) if bands else image)
        return result

    return transform
