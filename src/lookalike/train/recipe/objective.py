"""The training objective: a loss over class scores, over embeddings, or both."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from lookalike.model.network import EmbeddingNetwork, Output
from lookalike.train.recipe.loss_params import LossParams
from lookalike.train.recipe.losses import score_loss
from lookalike.train.recipe.metric_losses import metric_loss


class Objective(nn.Module):
    """The loss of a batch; what a metric loss learns itself are its parameters.

    Where the embedding learns from a metric loss alone, cross-entropy is added all the same, for
    the classifier, which `detach_classifier` cuts off from the embedding.

    Args:
        params: which losses, and how they add up.
        classes: how many there are.
        dimension: the size of an embedding.

    Attributes:
        gather: brings the rows of all processes of a training together, with their gradients: a
            metric loss compares all images of a batch. This process's own, unless it is set.
    """

    def __init__(self, params: LossParams, classes: int, dimension: int) -> None:
        super().__init__()
        name = "cross_entropy" if params.classifier_follows else params.loss
        self.of_scores = score_loss(name, params.label_smoothing, classes)
        self.metric: nn.Module | None = None
        if params.metric_loss is not None:
            self.metric = metric_loss(params.metric_loss, classes, dimension)
        self.weight = 1.0 if params.classifier_follows else params.added_loss_weight
        self.gather: Callable[[Tensor], Tensor] = lambda rows: rows

    def forward(self, output: Output, targets: Tensor) -> Tensor:
        """The mean loss over a batch, in float32.

        Args:
            output: of the network, for the batch.
            targets: class numbers, int64 `[n]`, or without a metric loss shares `[n, classes]`.
        """
        assert output.logits is not None
        loss = self.of_scores(output.logits.float(), targets)
        if self.metric is None:
            return loss
        embeddings, numbers = self.gather(output.embeddings.float()), self.gather(targets)
        with torch.autocast(embeddings.device.type, enabled=False):
            metric: Tensor = self.metric(embeddings, numbers)
        return loss + self.weight * metric


def detach_classifier(network: EmbeddingNetwork) -> None:
    """Let the classifier learn from the embedding, but not the embedding from the classifier."""
    assert network.classifier is not None
    network.classifier.register_forward_pre_hook(_detach)


def _detach(module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    return (inputs[0].detach(),)
