"""Layer-wise learning-rate decay: the nearer a layer is to the image, the slower it learns."""

from typing import Any

import lookalike.model.vision  # noqa: F401  torchvision first, which timm imports
from lookalike.core.extras import extra


def layer_scales(backbone: Any, decay: float) -> dict[str, float]:
    """The factor of the learning rate of each parameter, by its name: timm's grouping of layers.

    The last layer of the backbone has 1, the one before it `decay`, and so on (Clark et al.,
    "ELECTRA", 2020; Bao et al., "BEiT", 2022).

    Args:
        backbone: a module of timm.
        decay: the factor from a layer to the one before it.
    """
    with extra("timm"):
        from timm.models import group_parameters
    layer_of: dict[str, int] = group_parameters(
        backbone, backbone.group_matcher(coarse=False), reverse=True
    )
    last = max(layer_of.values())
    return {name: decay ** (last - layer) for name, layer in layer_of.items()}
