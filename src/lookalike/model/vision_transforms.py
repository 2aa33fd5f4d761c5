"""torchvision's transforms: apart from its models, because they bring TorchDynamo along."""
# ruff: noqa: I001

import lookalike.model.vision  # noqa: F401  # first, for the reason that is given there
from torchvision.transforms import v2

__all__ = ["v2"]
