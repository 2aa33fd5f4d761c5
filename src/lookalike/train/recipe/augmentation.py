"""How training images are varied, one by one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lookalike.images.dataset import Transform
from lookalike.images.pixels import Pixels
from lookalike.model.preprocessing import ImageSize
from lookalike.model.transforms import evaluation_transform
from lookalike.model.vision import v2
from lookalike.train.recipe.augmentation_params import AugmentationParams, check_augmentation

BILINEAR = v2.InterpolationMode.BILINEAR
RESIZING = {"bilinear": BILINEAR, "bicubic": v2.InterpolationMode.BICUBIC}


def augmentation(
    size: ImageSize, params: AugmentationParams, mean: list[float], rgb: bool = True
) -> Transform:
    """The transform of training images; random numbers are torch's own.

    `light`: a random crop, resized, and mirror images (Szegedy et al., "Going Deeper with
    Convolutions", 2015, section 6). The others do that first, and then: `strong`, each with an even
    chance, rotation, shift with shear, perspective, colors (8-bit RGB only) and blur;
    `trivialaugment`, one operation of any strength (Müller and Hutter, "TrivialAugment", 2021);
    `randaugment`, two of a fixed one (Cubuk et al., "RandAugment", 2020). Random erasing (Zhong et
    al., 2020) comes last.

    Args:
        size: the network's input while it learns.
        params: which of them, and how often.
        mean: what each channel has where an image is moved away or erased, in the image's units.
        rgb: are the images 8-bit RGB, or bands?

    Raises:
        LookalikeError: the policy is for RGB images, and these have bands.
    """
    check_augmentation(params, rgb)
    fill: list[float] = [round(value) for value in mean] if rgb else mean
    plain = evaluation_transform(size)
    transform = plain
    if params.augment != "none":
        transform = _to_tensor(
            _random_crop(size, params.smallest_crop),
            v2.RandomHorizontalFlip(0.5 if params.horizontal_flip else 0.0),
            *([v2.RandomVerticalFlip(0.5)] if params.vertical_flip else []),
            *_policy(params.augment, size, fill, rgb),
        )
        if params.augment_probability < 1:
            share = params.augment_probability
            transform = v2.RandomChoice([transform, plain], p=[share, 1 - share])
    if params.random_erasing > 0:
        return _then(transform, v2.RandomErasing(params.random_erasing, value=fill))
    return transform


def _random_crop(size: ImageSize, smallest: float) -> Callable[[Pixels], Pixels]:
    """A crop of 3:4 to 4:3; where images are squashed in search, of the image once squashed."""

    def crop(image: Pixels) -> Pixels:
        height, width = v2.functional.get_size(image)
        squashed = width / height if size.resize == "squash" else 1
        ratio = (squashed * 3 / 4, squashed * 4 / 3)
        filter = RESIZING[size.interpolation]
        crop = v2.RandomResizedCrop(size.crop, (smallest, 1.0), ratio, interpolation=filter)
        result: Pixels = crop(image)
        return result

    return crop


def _policy(name: str, size: ImageSize, fill: list[float], rgb: bool) -> list[Any]:
    if name == "strong":
        return [v2.RandomApply([step], p=0.5) for step in _strong_steps(size, fill, rgb)]
    if name == "trivialaugment":
        return [v2.TrivialAugmentWide(interpolation=BILINEAR, fill=fill)]
    if name == "randaugment":
        return [v2.RandAugment(interpolation=BILINEAR, fill=fill)]
    return []


def _strong_steps(size: ImageSize, fill: list[float], rgb: bool) -> list[Any]:
    colors = [v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.05)]
    blurred = max(3, size.crop // 20 | 1)  # pixels; the filter's side is odd
    return [
        v2.RandomRotation(30, interpolation=BILINEAR, fill=fill),
        v2.RandomAffine(
            0,
            translate=(0.1, 0.1),
            scale=(0.9, 1.1),
            shear=10,
            interpolation=BILINEAR,
            fill=fill,
        ),
        v2.RandomPerspective(0.2, p=1.0, interpolation=BILINEAR, fill=fill),
        *(colors if rgb else []),
        v2.GaussianBlur(blurred, sigma=(0.1, 2.0)),
    ]


def _then(first: Transform, second: Callable[[Tensor], Tensor]) -> Transform:
    def transform(image: Pixels) -> Tensor:
        return second(first(image))

    return transform


def _to_tensor(*steps: object) -> Transform:
    """One transform of several steps of torchvision, and of the last one to a tensor."""
    pipeline = v2.Compose([*steps, v2.PILToTensor()])  # a tensor passes as it is

    def transform(image: Pixels) -> Tensor:
        bands = isinstance(image, np.ndarray)
        result: Tensor = pipeline(torch.from_numpy(image) if bands else image)
        return result

    return transform
