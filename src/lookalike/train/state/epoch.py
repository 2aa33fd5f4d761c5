"""What one epoch of training gave, and which epoch was the best."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter
from torch import Tensor, nn

from lookalike.train.recipe.early_stopping import out_of_patience, rank
from lookalike.train.state.state_file import State


class Epoch(NamedTuple):
    """An epoch's number, from 1, and its metrics by their names in dvclive: `valid/accuracy`."""

    number: Annotated[int, Field(ge=1)]
    metrics: Mapping[str, float]


_EPOCH = TypeAdapter(Epoch, config=ConfigDict(allow_inf_nan=False))


def epoch_from_state(state: Any) -> Epoch:
    """An epoch as it was saved.

    Raises:
        ValueError: it is none.
    """
    return _EPOCH.validate_python(state)


class BestEpoch:
    """The epoch that is best by a validation metric, then by loss, and the weights after it.

    Args:
        monitor: the metric; see `rank`.
        patience: how many epochs to wait for a better one; None: all there are.

    Attributes:
        epoch: that epoch; None before the first one has ended.
        weights: the network's state dictionary, on the CPU.
    """

    def __init__(self, monitor: str, patience: int | None = None) -> None:
        self._monitor = monitor
        self._patience = patience
        self.epoch: Epoch | None = None
        self.weights: dict[str, Tensor] = {}

    def consider(self, epoch: Epoch, network: nn.Module) -> None:
        """Keep this epoch if it is better than those before."""
        if self.epoch is None or self._rank(epoch) > self._rank(self.epoch):
            self.epoch = epoch
            self.weights = {
                name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()
            }

    def is_out_of_patience(self, done: int) -> bool:
        """Whether no epoch has been better for so long, `done` being the number of the last one."""
        return self.epoch is not None and out_of_patience(done, self.epoch.number, self._patience)

    def state_dict(self) -> State:
        return {"epoch": self.epoch and self.epoch._asdict(), "weights": self.weights}

    def load_state_dict(self, state: State) -> None:
        """Take over an epoch with its weights, or that there is none.

        Raises:
            ValueError, KeyError: the state is broken.
        """
        saved = state["epoch"]
        self.epoch = None if saved is None else epoch_from_state(saved)
        self.weights = state["weights"]
        if self.epoch is not None:
            self._rank(self.epoch)  # has what is monitored

    def _rank(self, epoch: Epoch) -> tuple[float, float]:
        return rank(epoch.metrics, self._monitor)
