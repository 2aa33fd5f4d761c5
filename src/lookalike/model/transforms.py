"""From a decoded image to the tensor that the network takes: uint8 of RGB, float32 of bands."""

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from lookalike.images.dataset import Transform
from lookalike.images.pixels import Pixels
from lookalike.model.vision import v2

# Longer images, in shorter sides, lose their ends before they are resized, not after.
LONGEST = 64


class ImageSize(BaseModel):
    """How an image becomes the network's input: shorter side to `resize`, centre `crop` square."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resize: int = Field(ge=8)
    crop: int = Field(ge=8)


def evaluation_transform(size: ImageSize) -> Transform:
    """Resize the shorter side (bilinear, antialiased) and cut out the centre."""
    return to_tensor(
        _without_ends,
        v2.Resize(size.resize, interpolation=v2.InterpolationMode.BILINEAR),
        v2.CenterCrop(size.crop),
    )


def whole_image(size: ImageSize) -> Transform:
    """Resize the shorter side as `evaluation_transform` does, and cut nothing out of the centre."""
    return to_tensor(
        _without_ends, v2.Resize(size.resize, interpolation=v2.InterpolationMode.BILINEAR)
    )


def to_tensor(*steps: object) -> Transform:
    """One transform of several steps, and of the last one to a tensor."""
    pipeline = v2.Compose([*steps, v2.PILToTensor()])  # a tensor passes as it is

    def transform(image: Pixels) -> Tensor:
        result: Tensor = pipeline(image)
        return result

    return transform


def _without_ends(image: Pixels) -> Pixels:
    """A few bytes of PNG can hold a million pixels in a line: resized whole, it takes gigabytes."""
    height, width = v2.functional.get_size(image)
    longest = LONGEST * min(height, width)
    if max(height, width) <= longest:
        return image
    cut: Pixels = v2.functional.center_crop(image, [min(height, longest), min(width, longest)])
    return cut
