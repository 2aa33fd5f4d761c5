"""The `train` block of `params.yaml`."""

import re
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from lookalike.core.params import Block
from lookalike.train.recipe.augmentation_params import AugmentationParams, MixingParams
from lookalike.train.recipe.loss_params import PAIR_LOSSES, LossParams, SamplingParams
from lookalike.train.recipe.network_params import NetworkParams
from lookalike.train.recipe.optimizer_params import (
    OptimizerParams,
    RegularizationParams,
    ScheduleParams,
)

Monitor = Literal["accuracy", "loss", "macro_auroc", "recall_at_1"]


class TrainParams(
    RegularizationParams,
    ScheduleParams,
    OptimizerParams,
    SamplingParams,
    LossParams,
    MixingParams,
    AugmentationParams,
    NetworkParams,
    Block,
):
    """The model and how it is trained; docs/recipes.md says what each parameter is for.

    Each group is what one ingredient takes; flat, because that is how people write it.
    """

    block = "train"
    renamed: ClassVar[dict[str, str]] = {
        "accumulate": "train.gradient_accumulation",
        "best_by": "train.monitor",
        "checkpoint_every": "machine.checkpoint_every",
        "train_size": "train.train_image_size",
    }

    epochs: int = Field(default=10, ge=0)
    batch_size: int = Field(default=32, ge=2)
    monitor: Literal["auto"] | Monitor = "auto"
    patience: int | None = Field(default=None, ge=1)

    gradient_accumulation: int = Field(default=1, ge=1)
    cache: Literal["none", "decoded"] = "none"
    resume_from: str | None = None
    resume_from_sha256: str | None = None

    @property
    def monitored(self) -> Monitor:
        """What the best epoch is chosen by: `auto` follows the loss.

        A loss over embeddings alone trains no accuracy: its classifier only follows.
        """
        if self.monitor != "auto":
            return self.monitor
        return "recall_at_1" if self.classifier_follows else "accuracy"

    @model_validator(mode="after")
    def _engine_is_consistent(self) -> Self:
        if self.batch_size % self.gradient_accumulation:
            raise ValueError(
                f"batch_size = {self.batch_size} cannot be computed in gradient_accumulation = "
                f"{self.gradient_accumulation} equal micro-batches"
            )
        if self.resume_from_sha256 is not None:
            if self.resume_from is None:
                raise ValueError("resume_from_sha256 has no meaning without resume_from")
            if not re.fullmatch("[0-9a-f]{64}", self.resume_from_sha256):
                raise ValueError("resume_from_sha256 should be 64 hexadecimal digits")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.layer_decay is not None and not self.backbone.startswith("timm/"):
            raise ValueError(
                "layer_decay needs a backbone whose layers timm knows: timm/NAME, not "
                f"{self.backbone}"
            )
        if self.layer_decay is not None and self.second_backbone is not None:
            raise ValueError("layer_decay is for one backbone: set second_backbone: null")
        if 0 < self.epochs <= self.warmup_epochs:
            raise ValueError(
                f"warmup_epochs = {self.warmup_epochs:g} should be below epochs = {self.epochs}"
            )
        if self.metric_loss in PAIR_LOSSES and self.sampling != "pk":
            raise ValueError(
                f"{self.metric_loss} compares images of the same class in a batch; it needs "
                "sampling: pk"
            )
        if self.metric_loss and (self.mixup or self.cutmix):
            raise ValueError(
                f"mixup and cutmix make images of two classes, which {self.metric_loss} cannot "
                "compare: set both to 0"
            )
        if self.sampling == "pk" and self.batch_size < 2 * self.images_per_class:
            raise ValueError(
                f"batch_size = {self.batch_size} does not hold two classes of images_per_class = "
                f"{self.images_per_class} images"
            )
        return self
