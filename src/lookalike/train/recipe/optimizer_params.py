"""How the network learns: part of the block `train`."""

from typing import Annotated, Literal

from pydantic import Field

from lookalike.core.group import Group

Share = Annotated[float, Field(ge=0, lt=1)]


class OptimizerParams(Group):
    """The optimizer, and which parameters learn how fast (`optimizer.py`)."""

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adamw"
    lr: float = Field(default=1e-3, gt=0)
    backbone_lr_scale: float = Field(default=1.0, ge=0)
    layer_decay: float | None = Field(default=None, gt=0, le=1)
    proxy_lr_scale: float = Field(default=1.0, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    betas: list[Share] = Field(default=[0.9, 0.999], min_length=2, max_length=2)
    epsilon: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.05, ge=0)


class ScheduleParams(Group):
    """The learning rate from step to step (`schedule.py`)."""

    schedule: Literal["cosine", "one_cycle", "constant"] = "cosine"
    warmup_epochs: float = Field(default=1.0, ge=0)


class RegularizationParams(Group):
    """What holds the weights back, each a plain value where it is used."""

    l1: float = Field(default=0.0, ge=0)
    l2: float = Field(default=0.0, ge=0)
    gradient_clip: float | None = Field(default=None, gt=0)
    freeze_epochs: int = Field(default=0, ge=0)
    freeze_batchnorm: bool = False
    ema_decay: float | None = Field(default=None, gt=0, lt=1)
