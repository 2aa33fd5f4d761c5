"""The recipe: all that the parameters make of a plain training."""

from collections.abc import Iterator
from functools import partial

from torch import nn

from lookalike.model.network import EmbeddingNetwork
from lookalike.train.params import TrainParams
from lookalike.train.recipe.ema import make_ema
from lookalike.train.recipe.freezing import Freezing
from lookalike.train.recipe.mixing import Mixing
from lookalike.train.recipe.objective import Objective, detach_classifier
from lookalike.train.recipe.regularization import penalty


class Recipe:
    """What the training loop asks at each step, and after it.

    Args:
        network: to be trained, on the CPU still and not wrapped for several processes.
        params: the recipe in words; each ingredient takes its own here, and nobody asks later.
        classes: how many there are.
        seed: the experiment's seed.

    Attributes:
        mixing: makes one image of two.
        objective: the loss; has to be moved to the network's device.
        penalty: of large weights, added to the loss.
        gradient_clip: the largest norm of a step's gradient, if any.
        freezing: says what learns in an epoch.
        ema: the moving average of the weights, if any; has to be moved alike.
    """

    def __init__(
        self, network: EmbeddingNetwork, params: TrainParams, classes: int, seed: int
    ) -> None:
        self.network = network
        self.mixing = Mixing(params, classes, seed)
        self.objective = Objective(params, classes, network.dimension)
        self.penalty = partial(penalty, network, params.l1, params.l2)
        self.gradient_clip = params.gradient_clip
        self.freezing = Freezing(network, params.freeze_epochs, params.freeze_batchnorm)
        network.dropout.p = params.head_dropout
        if params.classifier_follows:
            detach_classifier(network)
        self.ema = None if params.ema_decay is None else make_ema(network, params.ema_decay)

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """All that learns: what the network has, and what the objective has of its own."""
        yield from self.network.named_parameters()
        yield from self.objective.named_parameters("objective")

    def stateful(self) -> dict[str, nn.Module]:
        """What has a state beside the network, for checkpoints."""
        averaged = {} if self.ema is None else {"ema": self.ema}
        return {"objective": self.objective, **averaged}

    @property
    def result(self) -> nn.Module:
        """The network to validate and to keep: the averaged one where there is an average."""
        return self.network if self.ema is None else self.ema.module
