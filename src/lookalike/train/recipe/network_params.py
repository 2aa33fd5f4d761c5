"""The network, and what it starts from: part of the block `train`."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from lookalike.core.choices import DOWNLOADED, LARGEST_INPUT, Pooling
from lookalike.core.group import Group
from lookalike.model.head_layers import Head, HeadLayers


class NetworkParams(Group):
    """Backbone, pretrained weights, head and the size of images."""

    backbone: str = "resnet18"
    weights: str = "none"
    weights_sha256: str | None = None
    weights_revision: str | None = None
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
        if self.weights_sha256 is not None:
            if self.weights == "none":
                raise ValueError("weights_sha256 has no meaning with weights: none")
            if self.weights in DOWNLOADED and self.backbone.startswith("timm/"):
                raise ValueError("weights: pretrained of timm are pinned by weights_revision")
            if not re.fullmatch("[0-9a-f]{64}", self.weights_sha256):
                raise ValueError("weights_sha256 should be 64 hexadecimal digits")
        if self.weights_revision is not None:
            if self.weights not in DOWNLOADED or not self.backbone.startswith("timm/"):
                raise ValueError("weights_revision is for weights: pretrained of timm's backbones")
            if not re.fullmatch("[0-9a-f]{40}", self.weights_revision):
                raise ValueError("weights_revision should be a commit, 40 hexadecimal digits")
        return self
