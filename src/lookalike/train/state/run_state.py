"""Everything that changes while a model trains, as one state."""

import warnings
from typing import NamedTuple

from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from lookalike.core.errors import one_line
from lookalike.train.state.epoch import BestEpoch
from lookalike.train.state.optimizer_state import NamedOptimizer
from lookalike.train.state.position import Position
from lookalike.train.state.provenance import Provenance
from lookalike.train.state.state_file import State, Stateful

BROKEN = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


class RunState(NamedTuple):
    """The parts of a run that its checkpoints hold, and its schedule, which follows from them.

    Attributes:
        network: what is trained.
        others: other modules that learn or average, by name.
        optimizer: its settings are those of the parameters, its memory is saved.
        position: how far the run is.
        best: the best epoch so far.
        log: what was reported of each epoch.
        provenance: what the run learns from.
        schedule: of the learning rate.
        steps_per_epoch: of the schedule.
    """

    network: nn.Module
    others: dict[str, nn.Module]
    optimizer: NamedOptimizer
    position: Position
    best: BestEpoch
    log: Stateful
    provenance: Provenance
    schedule: LRScheduler
    steps_per_epoch: int

    def state_dict(self) -> State:
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: State) -> None:
        """Take over a state; where that fails, the run can no longer be used.

        Raises:
            ValueError: the state is broken, or of another network or optimizer.
        """
        try:
            _check_finite(state)
            for name, part in self._parts().items():
                part.load_state_dict(state[name])
            if self.best.epoch is not None:
                _check_like(self.best.weights, self.network.state_dict())
        except BROKEN as error:
            raise ValueError(one_line(error)) from None
        done = (self.position.epoch - 1) * self.steps_per_epoch + self.position.step
        if done:
            self.schedule.last_epoch = done - 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # no step of the optimizer comes before this one
                self.schedule.step()

    def _parts(self) -> dict[str, Stateful]:
        return {
            "network": self.network,
            **self.others,
            "optimizer": self.optimizer,
            "position": self.position,
            "best": self.best,
            "log": self.log,
            "provenance": self.provenance,
        }


def _check_finite(state: State, place: str = "") -> None:
    """Raise ValueError where a tensor, however deep, holds a number that is not finite."""
    for name, value in state.items():
        if isinstance(value, dict):
            _check_finite(value, f"{place}{name}/")
        elif isinstance(value, Tensor) and not value.isfinite().all():
            raise ValueError(f"{place}{name} holds numbers that are not finite")


def _check_like(weights: State, expected: State) -> None:
    """Raise ValueError unless weights have the names, shapes and types that a network needs."""
    kinds = [
        {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
        for tensors in (weights, expected)
    ]
    if kinds[0] != kinds[1]:
        raise ValueError("the weights of the best epoch are of another network")
