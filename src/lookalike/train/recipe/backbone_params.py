"""A backbone and the weights that it starts from."""

import re
from typing import Self

from pydantic import Field, model_validator

from lookalike.core.choices import DOWNLOADED
from lookalike.core.group import Group


class BackboneParams(Group):
    """A backbone by its name, and pretrained weights for it."""

    name: str = Field(description="as train.backbone")
    weights: str = Field(default="none", description="as train.weights, but no model's folder")
    weights_sha256: str | None = Field(default=None, description="as train.weights_sha256")
    weights_revision: str | None = Field(default=None, description="as train.weights_revision")

    @model_validator(mode="after")
    def _pinned_in_the_right_way(self) -> Self:
        check_pins(self)
        return self


def check_pins(backbone: BackboneParams) -> None:
    """Raise ValueError unless its weights are pinned in the way that suits where they are from."""
    of_timm = backbone.weights in DOWNLOADED and backbone.name.startswith("timm/")
    if (sha256 := backbone.weights_sha256) is not None:
        if backbone.weights == "none":
            raise ValueError("weights_sha256 has no meaning with weights: none")
        if of_timm:
            raise ValueError("weights: pretrained of timm are pinned by weights_revision")
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError("weights_sha256 should be 64 hexadecimal digits")
    if (revision := backbone.weights_revision) is not None:
        if not of_timm:
            raise ValueError("weights_revision is for weights: pretrained of timm's backbones")
        if not re.fullmatch("[0-9a-f]{40}", revision):
            raise ValueError("weights_revision should be a commit, 40 hexadecimal digits")
