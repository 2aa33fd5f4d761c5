"""The training objective, and which images share a batch: part of the block `train`."""

from typing import Literal, Self, cast, get_args

from pydantic import Field, model_validator

from lookalike.core.group import Group

ScoreLoss = Literal["cross_entropy", "bce", "cosine", "mae", "msle", "squared_hinge"]
MetricLoss = Literal["arcface", "proxy_anchor", "supcon", "triplet"]

# They compare images of a class with each other, so a batch has to hold several of each.
PAIR_LOSSES = ("supcon", "triplet")


class LossParams(Group):
    """A loss over class scores (`losses.py`), over embeddings (`metric_losses.py`), or both."""

    loss: ScoreLoss | MetricLoss = "cross_entropy"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    added_loss: MetricLoss | None = None
    added_loss_weight: float = Field(default=1.0, gt=0)

    @property
    def metric_loss(self) -> MetricLoss | None:
        """The loss over embeddings, if any: alone, or added to one over class scores."""
        if self.loss in get_args(MetricLoss):
            return cast(MetricLoss, self.loss)
        return self.added_loss

    @property
    def classifier_follows(self) -> bool:
        """Does the embedding learn from a metric loss alone, the classifier from the embedding?"""
        return self.loss == self.metric_loss

    @model_validator(mode="after")
    def _consistent_loss(self) -> Self:
        if self.classifier_follows and self.added_loss is not None:
            raise ValueError(
                f"added_loss: {self.added_loss} can be added to a loss over class scores such as "
                f"cross_entropy, not to loss: {self.loss}"
            )
        return self


class SamplingParams(Group):
    """Which images share a batch (`sampling.py`)."""

    sampling: Literal["shuffled", "class_balanced", "pk"] = "shuffled"
    images_per_class: int = Field(default=4, ge=2)
