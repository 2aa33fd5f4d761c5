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
        self._is_scalar = _kept_scalars(optimizer)

    def state_dict(self) -> State:
        """What the optimizer keeps of each parameter, and which parameters are in each group."""
        names, state = list(self._parameters), self._optimizer.state_dict()
        return {
            "parameters": {names[number]: kept for number, kept in state["state"].items()},
            "groups": [[names[number] for number in group["params"]] for group in _groups(state)],
        }

    def load_state_dict(self, state: State) -> None:
        """Take over what is kept of the parameters; rates and other settings stay as they are.

        Raises:
            KeyError, ValueError: it is of other parameters, or of another kind of optimizer.
        """
        own = self.state_dict()
        if own["groups"] != state["groups"]:
            raise ValueError("it is of other groups of parameters")
        number_of = {name: number for number, name in enumerate(self._parameters)}
        memory = {}
        for name, kept in state["parameters"].items():
            parameter = self._parameters[name]
            self._check(name, parameter, kept)
            memory[number_of[name]] = _laid_out_as(parameter, kept)
        groups = _groups(self._optimizer.state_dict())
        self._optimizer.load_state_dict({"state": memory, "param_groups": groups})

    def _check(self, name: str, parameter: Tensor, kept: dict[str, Any]) -> None:
        """Raise ValueError unless this is what the optimizer keeps of a parameter."""
        if kept.keys() != self._is_scalar.keys():
            raise ValueError(f"of {name} it keeps {sorted(kept)}, not {sorted(self._is_scalar)}")
        for key, value in kept.items():
            shape = torch.Size() if self._is_scalar[key] else parameter.shape
            if not isinstance(value, Tensor) or value.shape != shape:
                raise ValueError(f"{key} of {name} is no tensor of the shape {list(shape)}")


def _groups(state: State) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = state["param_groups"]
    return groups


def _kept_scalars(optimizer: Optimizer) -> dict[str, bool]:
    """What an optimizer of this kind keeps of a parameter after a step, and which are scalars."""
    parameter = nn.Parameter(torch.zeros(1))
    parameter.grad = torch.zeros(1)
    settings = {
        name: value for name, value in optimizer.param_groups[0].items() if name != "params"
    }
    kind: Any = type(optimizer)
    probe = kind([{**settings, "params": [parameter]}])
    probe.step()
    return {name: not value.ndim for name, value in probe.state[parameter].items()}


def _laid_out_as(parameter: Tensor, kept: dict[str, Any]) -> dict[str, Any]:
    """Order the memory of what is kept as that of its parameter: the order decides last bits."""
    return {
        name: torch.empty_like(parameter, dtype=value.dtype, device=value.device).copy_(value)
        if isinstance(value, Tensor) and value.shape == parameter.shape
        else value
        for name, value in kept.items()
    }
