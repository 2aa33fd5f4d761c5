"""Backbones of timm by name: `timm/convnext_atto`; they need the extra `[timm]`.

Wightman, "PyTorch Image Models", 2019, github.com/huggingface/pytorch-image-models.
"""

from difflib import get_close_matches
from typing import Any, NamedTuple

from torch import Tensor, nn

from lookalike.core.errors import LookalikeError
from lookalike.core.extras import extra

PREFIX = "timm/"


class Normalization(NamedTuple):
    """Mean and standard deviation of each of red, green and blue, scaled to 0 to 1."""

    mean: list[float]
    std: list[float]


def timm_name(backbone: str) -> str | None:
    """The model's name within timm; None for a backbone of another library."""
    return backbone.removeprefix(PREFIX) if backbone.startswith(PREFIX) else None


def check_timm(name: str) -> None:
    """Do nothing where timm has a model of that name.

    Raises:
        LookalikeError: it has none, or timm is not installed.
    """
    timm = _timm()
    known = timm.list_models()
    if name not in known:  # with a tag, as in resnet18.a1_in1k: there are too many to ask always
        known += timm.list_pretrained(f"{name.partition('.')[0]}.*") if "." in name else []
    if name not in known:
        close = get_close_matches(name, known) or ["resnet18", "convnext_atto"]
        names = ", ".join(PREFIX + known for known in close)
        raise LookalikeError(
            f"train.backbone = {PREFIX + name!r}: there is no such backbone; there are {names} and "
            "the other models of timm"
        )


def build_timm(name: str, channels: int) -> tuple[nn.Module, int]:
    """Build a model without its classifier, with random weights, and the size of its features."""
    model = _timm().create_model(name, pretrained=False, num_classes=0, in_chans=channels)
    return model, model.head_hidden_size


def pretrained_timm(name: str) -> dict[str, Tensor]:
    """Download the pretrained weights of a model, once, and check them.

    Raises:
        LookalikeError: there are none, or they are out of reach.
    """
    try:
        model: nn.Module = _timm().create_model(name, pretrained=True)
    except Exception as error:  # the hub's client raises many kinds
        reason = " ".join(str(error).split())[:200]
        raise LookalikeError(
            f"train.weights = imagenet: those of {PREFIX}{name} could not be downloaded "
            f"({reason}); get them by other means and give their path, or use weights: none"
        ) from None
    return model.state_dict()


def timm_normalization(name: str) -> Normalization:
    """What a model's pretrained weights expect."""
    settings = _timm().get_pretrained_cfg(name)
    return Normalization(list(settings.mean), list(settings.std))


def _timm() -> Any:
    import lookalike.model.vision  # noqa: F401  torchvision first, which timm imports

    with extra("timm"):
        import timm
    return timm
