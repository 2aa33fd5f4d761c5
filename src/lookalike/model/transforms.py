"""From a decoded image to the tensor that the network takes: uint8 of RGB, float32 of bands."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from lookalike.images.dataset import Transform
from lookalike.images.pixels import Pixels
from lookalike.model.vision import v2

# Longer images, in shorter sides, lose their ends before they are resized, not after.
LONGEST = 64


class ImageSize(BaseModel):
    """How an image becomes the network's input, a square of side `crop`.

    The shorter side becomes `resize`, and the center is cut out; or with `squash` both sides become
    `crop`, and nothing is cut off.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    resize: Literal["squash"] | Annotated[int, Field(ge=8)]
    crop: int = Field(ge=8)


def evaluation_transform(size: ImageSize) -> Transform:
    """Resize (bilinear, antialiased) and cut out the center, which of a square is all."""
    return to_tensor(*_resizing(size), v2.CenterCrop(size.crop))


def whole_image(size: ImageSize) -> Transform:
    """Resize as `evaluation_transform` does, and cut nothing out of the center."""
    return to_tensor(*_resizing(size))


def to_tensor(*steps: object) -> Transform:
    """One transform of several steps, and of the last one to a tensor."""
    pipeline = v2.Compose([*steps, v2.PILToTensor()])  # a tensor passes as it is

    def transform(image: Pixels) -> Tensor:
        result: Tensor = pipeline(image)
        return result

    return transform


def _resizing(size: ImageSize) -> list[Transform | v2.Transform]:
    to = [size.crop, size.crop] if size.resize == "squash" else [size.resize]
    return [_without_ends, v2.Resize(to, interpolation=v2.InterpolationMode.BILINEAR)]


def _without_ends(image: Pixels) -> Pixels:
    """A few bytes of PNG can hold a million pixels in a line: resized whole, it takes gigabytes."""
    height, width = v2.functional.get_size(image)
    longest = LONGEST * min(height, width)
    if max(height, width) <= longest:
        return image
    cut: Pixels = v2.functional.center_crop(image, [min(height, longest), min(width, longest)])
    return cut
