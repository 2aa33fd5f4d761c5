"""The one place that imports torchvision first.

torchvision's wheel on Linux is linked against CUDA PyTorch; on a CPU-only PyTorch its compiled
operators cannot load, and `import torchvision` fails with `operator torchvision::nms does not
exist`. Declaring the two missing schemas mends that: models and transforms work, nothing here calls
the operators, and images are decoded with Pillow.
"""

from importlib.util import find_spec
from pathlib import Path

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

from torchvision import models  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

__all__ = ["models", "v2"]
