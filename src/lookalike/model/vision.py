"""The one place that imports torchvision first.

torchvision's wheel on Linux is linked against CUDA PyTorch; on a CPU-only PyTorch its compiled
operators cannot load, and `import torchvision` fails with `operator torchvision::nms does not
exist`. Declaring the two missing schemas fixes that: models and transforms work, nothing here calls
the operators, and images are decoded with Pillow.

torchvision also imports all of TorchDynamo, a second of processor time in every stage, for a
function that only operators call. Here it is imported when they do.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import torch


def _operators_load() -> bool:
    """Load torchvision's compiled operators, as its own import is about to do."""
    if hasattr(torch.ops.torchvision, "nms"):
        return True
    spec = find_spec("torchvision")
    folders = (spec.submodule_search_locations or []) if spec else []
    for library in (path for folder in folders for path in Path(folder).glob("_C.*")):
        try:
            torch.ops.load_library(library)
        except OSError:
            return False
    return hasattr(torch.ops.torchvision, "nms")


if not _operators_load():
    # Kept for the life of the process: the declarations go when this object goes.
    _declarations = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _declarations.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


@contextmanager
def _without_dynamo() -> Iterator[None]:
    """What is imported in this block gets a stand-in for `is_compile_supported`."""
    name = "torch._dynamo.utils"
    if name in sys.modules:
        yield
        return

    def is_compile_supported(device_type: str) -> bool:
        from torch._dynamo import utils

        return bool(utils.is_compile_supported(device_type))

    stand_in = ModuleType(name)
    stand_in.is_compile_supported = is_compile_supported  # type: ignore[attr-defined]
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]


with _without_dynamo():
    from torchvision import models

__all__ = ["models"]
