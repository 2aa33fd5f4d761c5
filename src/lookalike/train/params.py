"""The `train` block of `params.yaml`."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from lookalike.core.params import Block


class TrainParams(Block):
    """The model and how it is trained."""

    block = "train"

    backbone: str = "resnet18"
    weights: str = "none"
    weights_sha256: str | None = None
    embedding_dim: int = Field(default=384, ge=2)
    image_size: int = Field(default=224, ge=32)
    resize: int | None = None

    epochs: int = Field(default=10, ge=0)
    batch_size: int = Field(default=32, ge=2)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)

    optimizer: Literal["adamw", "sgd"] = "adamw"
    lr: float = Field(default=1e-3, gt=0)
    backbone_lr_scale: float = Field(default=1.0, ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_epochs: float = Field(default=1.0, ge=0)

    augment: bool = True
    smallest_crop: float = Field(default=0.35, gt=0, le=1)
    horizontal_flip: bool = True

    accumulate: int = Field(default=1, ge=1)
    cache: Literal["none", "decoded"] = "none"
    checkpoint_every: int = Field(default=100, ge=1)
    resume_from: str | None = None
    resume_from_sha256: str | None = None

    @model_validator(mode="after")
    def _engine_is_consistent(self) -> Self:
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"batch_size = {self.batch_size} cannot be computed in accumulate = "
                f"{self.accumulate} equal pieces"
            )
        if self.resume_from_sha256 is not None:
            if self.resume_from is None:
                raise ValueError("resume_from_sha256 has no meaning without resume_from")
            if not re.fullmatch("[0-9a-f]{64}", self.resume_from_sha256):
                raise ValueError("resume_from_sha256 should be 64 hexadecimal digits")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.resize is not None and self.resize < self.image_size:
            raise ValueError(
                f"resize = {self.resize} is below image_size = {self.image_size}; the centre crop "
                "would reach beyond the image"
            )
        if self.weights_sha256 is not None:
            if self.weights in {"none", "imagenet"}:
                raise ValueError(f"weights_sha256 has no meaning with weights: {self.weights}")
            if not re.fullmatch("[0-9a-f]{64}", self.weights_sha256):
                raise ValueError("weights_sha256 should be 64 hexadecimal digits")
        if 0 < self.epochs <= self.warmup_epochs:
            raise ValueError(
                f"warmup_epochs = {self.warmup_epochs:g} should be below epochs = {self.epochs}"
            )
        return self
