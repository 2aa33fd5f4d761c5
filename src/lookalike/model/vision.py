"""The one place that imports torchvision first.

torchvision's wheel on Linux is linked against CUDA PyTorch; on a CPU-only PyTorch its compiled
operators cannot load, and `import torchvision` fails with `operator torchvision::nms does not
exist`. Declaring the two missing schemas fixes that: models and transforms work, nothing here calls
the operators, and images are decoded with Pillow.

torchvision also imports all of TorchDynamo, a second of processor time in every stage, for a
function that only operators call, and to except some of its own from compilation. Here the former
imports it when it is called.
"""

from importlib.util import find_spec
from pathlib import Path

import torch

from lookalike.model.without_dynamo import without_dynamo


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


with without_dynamo():
    from torchvision import io, models
    from torchvision.transforms import v2

__all__ = ["io", "models", "v2"]
