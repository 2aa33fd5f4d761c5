"""The network, and what it starts from: part of the block `train`."""

from typing import Literal, Self

from pydantic import Field, model_validator

from lookalike.core.choices import LARGEST_INPUT, Pooling
from lookalike.core.group import Group
from lookalike.model.head_layers import Head, HeadLayers
from lookalike.train.recipe.backbone_params import BackboneParams, check_pins


class NetworkParams(Group):
    """Backbone, pretrained weights, head and the size of images."""

    backbone: str = "resnet18"
    weights: str = "none"
    weights_sha256: str | None = None
    weights_revision: str | None = None
    second_backbone: BackboneParams | None = None
    weights_strict: bool = True
    pooling: Pooling = "auto"
    head: Head = "linear"
    head_dropout: float = Field(default=0.0, ge=0, lt=1)
    embedding_dim: int = Field(default=384, ge=2, le=16384)
    image_size: int = Field(default=224, ge=32, le=LARGEST_INPUT)
    resize: int | Literal["squash"] | None = None
    train_image_size: int | None = Field(default=None, ge=32, le=LARGEST_INPUT)

    @model_validator(mode="after")
    def _consistent_network(self) -> Self:
        if isinstance(self.resize, int) and self.resize < self.image_size:
            raise ValueError(
                f"resize = {self.resize} is below image_size = {self.image_size}; the center crop "
                "would reach beyond the image"
            )
        if isinstance(self.resize, int) and self.resize > 2 * LARGEST_INPUT:
            raise ValueError(f"resize = {self.resize} should be at most {2 * LARGEST_INPUT}")
        if isinstance(self.head, HeadLayers):
            if self.embedding_dim != self.head.layers[-1]:
                raise ValueError(
                    f"embedding_dim = {self.embedding_dim} should be {self.head.layers[-1]}, the "
                    "last of head.layers"
                )
            if self.head_dropout:
                raise ValueError(
                    "head_dropout should be 0 where head.layers are given: see head.dropout"
                )
        check_pins(self.backbones[0])
        return self

    @property
    def backbones(self) -> list[BackboneParams]:
        """The backbone, and the second one where there is one."""
        first = BackboneParams.model_construct(
            name=self.backbone,
            weights=self.weights,
            weights_sha256=self.weights_sha256,
            weights_revision=self.weights_revision,
        )
        return [first] if self.second_backbone is None else [first, self.second_backbone]
