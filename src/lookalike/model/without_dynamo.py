"""torch without TorchDynamo, its compiler, which takes more than a second to import.

torch and torchvision import it where nothing is compiled: to ask whether a function is compiled
now, or to keep one from being compiled.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def without_dynamo() -> Iterator[None]:
    """What is imported and called in this block finds stand-ins in the place of TorchDynamo.

    A function that torch excepts from compilation is itself from then on; what only operators of
    torchvision ask TorchDynamo, they ask it when they are called.
    """
    if "torch._dynamo" in sys.modules:
        yield
        return

    def disable(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
        return function

    def is_compile_supported(device_type: str) -> bool:
        from torch._dynamo import utils

        return bool(utils.is_compile_supported(device_type))

    dynamo, utils = ModuleType("torch._dynamo"), ModuleType("torch._dynamo.utils")
    dynamo.disable = disable  # type: ignore[attr-defined]
    utils.is_compile_supported = is_compile_supported  # type: ignore[attr-defined]
    stand_ins = {module.__name__: module for module in (dynamo, utils)}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]
