"""An optimizer's state by the names of its parameters."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lookalike.train.state.state_file import State


class NamedOptimizer:
    """The state of an optimizer, its parameters named instead of numbered.

    Args:
        optimizer: whose state it is.
        named: its parameters with their names.
    """

    def __init__(self, optimizer: Optimizer, named: Iterable[tuple[str, nn.Parameter]]) -> None:
        self._optimizer = optimizer
        name_of = {parameter: name for name, parameter in named}
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self._parameters = {name_of[parameter]: parameter for parameter in parameters}

    def state_dict(self) -> State:
        """For each parameter what the optimizer keeps of it, and the settings of each group."""
        names, state = list(self._parameters), self._optimizer.state_dict()
        return {
            "parameters": {names[number]: kept for number, kept in state["state"].items()},
            "groups": [
                {**group, "params": [names[number] for number in group["params"]]}
                for group in state["param_groups"]
            ],
        }

    def load_state_dict(self, state: State) -> None:
        """Take over a state, the groups' settings with it.

        Raises:
            KeyError: it is of other parameters.
        """
        self._load(state, state["groups"])

    def load_without_settings(self, state: State) -> None:
        """Take over what is kept of the parameters; rates and the like stay as they are."""
        settings = self.state_dict()["groups"]
        if [group["params"] for group in settings] != [
            group["params"] for group in state["groups"]
        ]:
            raise KeyError("it is of other groups of parameters")
        self._load(state, settings)

    def _load(self, state: State, groups: list[dict[str, Any]]) -> None:
        number_of = {name: number for number, name in enumerate(self._parameters)}
        self._optimizer.load_state_dict(
            {
                "state": {
                    number_of[name]: _laid_out_as(self._parameters[name], kept)
                    for name, kept in state["parameters"].items()
                },
                "param_groups": [
                    {**group, "params": [number_of[name] for name in group["params"]]}
                    for group in groups
                ],
            }
        )


def _laid_out_as(parameter: Tensor, kept: dict[str, Any]) -> dict[str, Any]:
    """Order the memory of what is kept as that of its parameter: the order decides last bits."""
    return {
        name: torch.empty_like(parameter, dtype=value.dtype, device=value.device).copy_(value)
        if isinstance(value, Tensor) and value.shape == parameter.shape
        else value
        for name, value in kept.items()
    }
