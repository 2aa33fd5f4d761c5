"""The state of a run as one file: safetensors, with all that is no tensor as JSON in its header.

No pickle: nothing that is read from such a file can run.
"""

import json
from pathlib import Path
from typing import Any, Protocol

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from lookalike.core.files import atomic_file

State = dict[str, Any]

HEADER = "state"
SEPARATOR = "/"


class Stateful(Protocol):
    """Part of a run that goes on where its state was taken, as torch's own classes do.

    Its state is made of dictionaries with names as keys, tensors in them, and of what JSON knows.
    """

    def state_dict(self) -> State: ...

    def load_state_dict(self, state: State, /) -> Any: ...


def write_state(path: Path, state: State) -> None:
    """Write a state, whole or not at all; the same state gives the same bytes.

    A tensor gets the name of its place: `network/backbone.conv1.weight`.

    Raises:
        TypeError: the state holds what neither a tensor nor JSON can be.
        OSError, SafetensorError: it cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    rest = json.dumps(_without_tensors(state, (), tensors), allow_nan=False)
    with atomic_file(path) as partial:
        save_file(tensors, partial, metadata={HEADER: rest})
        partial.chmod(0o644)  # safetensors writes for the owner alone


def read_state(path: Path) -> State:
    """Read a state; tensors are on the CPU.

    Raises:
        OSError, SafetensorError, ValueError: the file is missing, broken, or not of a state.
    """
    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        if HEADER not in metadata:
            raise ValueError("it holds tensors, but not the state of a training")
        try:
            state: State = json.loads(metadata[HEADER], parse_constant=_refuse)
        except RecursionError:
            raise ValueError("its header is nested too deeply") from None
        if not isinstance(state, dict):
            raise ValueError("its header is not the state of a training")
        for name in file.keys():  # noqa: SIM118 (no mapping)
            _put(state, name, file.get_tensor(name))
    return state


def _put(state: State, name: str, tensor: Tensor) -> None:
    *place, key = name.split(SEPARATOR)
    inner: Any = state
    for part in place:
        inner = inner.get(part) if isinstance(inner, dict) else None
    if not isinstance(inner, dict):
        raise ValueError(f"there is no place for {name}")
    inner[key] = tensor


def _refuse(constant: str) -> None:
    raise ValueError(f"its header holds {constant}")


def _without_tensors(value: Any, place: tuple[str, ...], tensors: dict[str, Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    rest = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{SEPARATOR.join(place)}: {key!r} is no name")
        inner = (*place, key)
        if not isinstance(item, Tensor):
            rest[key] = _without_tensors(item, inner, tensors)
        elif any(SEPARATOR in part for part in inner):
            raise TypeError(f"{inner}: the name of a tensor holds {SEPARATOR!r}")
        else:
            tensors[SEPARATOR.join(inner)] = item.detach().cpu().contiguous()
    return rest
