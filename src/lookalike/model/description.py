"""`model.json`: everything about a model but its weights, without the seconds that torch takes."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lookalike.core.choices import Pooling
from lookalike.core.errors import LookalikeError, one_line
from lookalike.images.bands import Bands
from lookalike.images.stretch import Stretch
from lookalike.model.artifact_fingerprint import DESCRIPTION
from lookalike.model.head_layers import Head
from lookalike.model.preprocessing import ImageSize

# What ImageNet models expect of RGB images; for a network trained from scratch as good as any.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class SecondBackbone(BaseModel):
    """A backbone beside the first: its name, and the mean and std of each channel that it wants.

    Null means those of the first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    mean: list[float] | None = None
    std: list[Annotated[float, Field(gt=0)]] | None = None


class ModelDescription(BaseModel):
    """The content of `model.json`.

    `mean` and `std` are those of each channel: of 8-bit RGB scaled to 0 to 1, or where `bands` are
    chosen, in the units of the images. `stretch` is how pictures of such images are shown.
    `context_length` is how many tokens a model that knows text reads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    format: Literal[1] = 1
    backbone: str
    second_backbone: SecondBackbone | None = None
    embedding_dim: int | None
    pooling: Pooling = "auto"
    head: Head = "linear"
    context_length: int | None = Field(default=None, ge=1)
    classes: list[str]
    bands: Bands | None = None
    stretch: Stretch | None = None
    channels: int = Field(default=3, ge=1)
    image_size: ImageSize
    mean: list[float] = list(IMAGENET_MEAN)
    std: list[Annotated[float, Field(gt=0)]] = list(IMAGENET_STD)
    temperature: float = Field(default=1.0, gt=0)
    precision: Literal["fp32", "bf16"]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        given = [self.mean, self.std]
        if (second := self.second_backbone) is not None:
            given += [second.mean or self.mean, second.std or self.std]
        if any(len(numbers) != self.channels for numbers in given):
            raise ValueError(f"mean and std should have {self.channels} numbers, one a channel")
        return self

    def content(self) -> dict[str, Any]:
        """What is written as JSON."""
        optional = ("bands", "second_backbone", "stretch")
        return self.model_dump(exclude={name for name in optional if getattr(self, name) is None})


def stretch_of_model(folder: Path) -> Stretch | None:
    """How a model shows images; None where they are 8-bit RGB, or there is no model yet.

    Raises:
        LookalikeError: its description is broken.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        return None
    try:
        return ModelDescription.model_validate_json(path.read_bytes()).stretch
    except ValueError as error:
        reason = one_line(error)
        raise LookalikeError(f"{path}: is not the description of a model ({reason})") from None
