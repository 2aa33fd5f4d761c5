"""What one epoch of training gave, and which epoch was the best."""

from typing import NamedTuple

from torch import Tensor, nn

from lookalike.train.recipe.early_stopping import rank
from lookalike.train.state.state_file import State


class Epoch(NamedTuple):
    """An epoch's number, from 1, and its metrics by their names in dvclive: `valid/accuracy`."""

    number: int
    metrics: dict[str, float]


class BestEpoch:
    """The epoch that is best by a validation metric, then by loss, and the weights after it.

    Args:
        monitor: the metric; see `rank`.

    Attributes:
        epoch: that epoch; None before the first one has ended.
        weights: the network's state dictionary, on the CPU.
    """

    def __init__(self, monitor: str) -> None:
        self._monitor = monitor
        self.epoch: Epoch | None = None
        self.weights: dict[str, Tensor] = {}

    def consider(self, epoch: Epoch, network: nn.Module) -> None:
        """Keep this epoch if it is better than those before."""
        if self.epoch is None or self._rank(epoch) > self._rank(self.epoch):
            self.epoch = epoch
            self.weights = {
                name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()
            }

    def state_dict(self) -> State:
        return {"epoch": self.epoch and self.epoch._asdict(), "weights": self.weights}

    def load_state_dict(self, state: State) -> None:
        self.epoch = state["epoch"] and Epoch(**state["epoch"])
        self.weights = state["weights"]

    def _rank(self, epoch: Epoch) -> tuple[float, float]:
        return rank(epoch.metrics, self._monitor)
