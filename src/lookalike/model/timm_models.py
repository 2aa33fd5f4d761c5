"""Backbones of timm by name: `timm/convnext_atto`; they need the extra `[timm]`.

Wightman, "PyTorch Image Models", 2019, github.com/huggingface/pytorch-image-models.
"""

from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.extras import extra
from lookalike.terminal.progress import say

PREFIX = "timm/"


def timm_name(backbone: str) -> str | None:
    """The model's name within timm; None for a backbone of another library."""
    return backbone.removeprefix(PREFIX) if backbone.startswith(PREFIX) else None


def check_timm(name: str) -> None:
    """Check that timm has a model of that name.

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
    """Build a model without its classifier, with random weights, and the size of its features.

    A vision transformer has as many positions as its weights, and resamples them for images of
    another size, of whole patches.
    """
    build = partial(_timm().create_model, name, num_classes=0, in_chans=channels)
    try:
        model = build(dynamic_img_size=True)
    except TypeError:  # convolutions, and transformers of windows, know no such option
        model = build()
    return model, model.head_hidden_size


def fix_image_size(backbone: nn.Module, side: int) -> None:
    """Resample the positions of a vision transformer once, in place, for images of one size."""
    if getattr(backbone, "dynamic_img_size", False):
        backbone.set_input_size((side, side))  # type: ignore[operator]


def pretrained_timm(name: str, revision: str | None) -> dict[str, Tensor]:
    """Download the pretrained weights of a model from the Hugging Face hub, once.

    A line on stderr says under which license they are, and where no revision is pinned, which one
    they are of.

    Args:
        name: the model's name within timm; its tag says which weights.
        revision: a commit of their repository; None: the newest.

    Raises:
        LookalikeError: there are none, or they are out of reach.
    """
    settings = timm_settings(name)
    repository = settings.hf_hub_id
    overlay = {"hf_hub_id": f"{repository}@{revision}"} if revision else {}
    if revision and not repository:
        raise LookalikeError(
            f"train.weights_revision: those of {PREFIX}{name} are not on the hub; set it to null"
        )
    try:
        model: nn.Module = _timm().create_model(
            name, pretrained=True, pretrained_cfg_overlay=overlay
        )
    except Exception as error:  # the hub's client raises many kinds
        reason = one_line(error)
        raise LookalikeError(
            f"train.weights: those of {PREFIX}{name} could not be downloaded ({reason}); get them "
            "by other means and give their path, or use weights: none"
        ) from None
    said = repository or settings.url
    say(f"train.weights: {said}: the license is {settings.license or 'not known'}")
    if repository and revision is None and (newest := _newest(repository)):
        say(f"train.weights: {repository} has no pinned revision; add  weights_revision: {newest}")
    return model.state_dict()


def _newest(repository: str) -> str | None:
    """The commit that was downloaded, as the hub's client keeps it; None: from somewhere else."""
    from huggingface_hub import try_to_load_from_cache

    for file in ("model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin"):
        if isinstance(path := try_to_load_from_cache(repository, file), str):
            return Path(path).parent.name
    return None


def timm_settings(name: str) -> Any:
    """What timm knows of a model's pretrained weights: its `PretrainedCfg`."""
    return _timm().get_pretrained_cfg(name)


def _timm() -> Any:
    import lookalike.model.vision  # noqa: F401  torchvision first, which timm imports

    with extra("timm"):
        import timm
    return timm
