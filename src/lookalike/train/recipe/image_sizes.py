"""How large the network's input is: in search, and while it learns."""

from lookalike.model.expected_input import expected_input
from lookalike.model.image_size import check_image_size
from lookalike.model.preprocessing import ImageSize
from lookalike.train.recipe.network_params import NetworkParams


def in_search(params: NetworkParams) -> ImageSize:
    """What every image becomes once the network is trained, in validation too."""
    resize = round(params.image_size * 8 / 7) if params.resize is None else params.resize
    interpolation = expected_input(params.backbone).interpolation
    return ImageSize(resize=resize, crop=params.image_size, interpolation=interpolation)


def while_learning(params: NetworkParams) -> ImageSize:
    """What a training image becomes.

    A random crop shows things larger than search does. A smaller input while learning makes up for
    that, and its steps take less time (Touvron et al., "Fixing the train-test resolution
    discrepancy", 2019).
    """
    size = in_search(params)
    if params.train_image_size is None:
        return size
    smaller = {"crop": params.train_image_size}
    if size.resize != "squash":
        smaller["resize"] = round(size.resize * params.train_image_size / size.crop)
    return size.model_copy(update=smaller)


def check_image_sizes(params: NetworkParams) -> None:
    """Raise LookalikeError unless each backbone takes images of both sizes.

    The line names the nearest size that it takes.
    """
    for backbone in params.backbones:
        check_image_size("train.image_size", params.image_size, backbone.name)
        if params.train_image_size is not None:
            check_image_size("train.train_image_size", params.train_image_size, backbone.name)
