"""Networks whose tensors have shapes and no values, which take neither memory nor time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

# For tensors without values torch computes these in Python, and imports TorchDynamo to do so
RANDOM = {"normal_", "uniform_"}


class _Unfilled(TorchFunctionMode):
    """Random initial values, which would have nowhere to go, are not asked for."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func.__name__ in RANDOM:  # of a tensor, or `torch.nn.init` calls it so
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


@contextmanager
def shapes_alone() -> Iterator[None]:
    """What is built in this block has no values."""
    with torch.device("meta"), _Unfilled():
        yield
