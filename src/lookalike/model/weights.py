"""Pretrained weights: from torchvision, a file or a URL, checked before they are trusted."""

import pickle
from pathlib import Path
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lookalike.core.choices import DOWNLOADED
from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.core.secrets import without_secrets
from lookalike.model.artifact_fingerprint import DESCRIPTION
from lookalike.model.cnn import cnn_width
from lookalike.model.downloads import check_hash, downloaded
from lookalike.model.finite import check_finite
from lookalike.model.inflate import RGB, first_convolution, inflate_filters
from lookalike.model.open_clip_models import open_clip_name
from lookalike.model.timm_models import pretrained_timm, timm_name
from lookalike.model.vision import models
from lookalike.terminal.progress import say

StateDict = dict[str, Tensor]


def check_weights(source: str, backbone: str, root: Path = Path()) -> None:
    """Raise LookalikeError unless weights of that source can be of that backbone, and are there.

    Args:
        source: see `read_weights`; or the folder of a model.
        backbone: that they are for.
        root: what a relative path starts from.
    """
    if source in DOWNLOADED and open_clip_name(backbone) is not None:
        raise LookalikeError(
            f"train.weights = {source}: those of open_clip are not downloaded; give the path or "
            "URL of open_clip_model.safetensors of the model's repository, and its sha256"
        )
    if source in DOWNLOADED and cnn_width(backbone) is not None:
        raise LookalikeError(
            f"train.weights = {source}: there are none for train.backbone = {backbone}; use "
            "weights: none, or a file of its own"
        )
    if source not in {"none", *DOWNLOADED} and "://" not in source:
        place = root / source
        if place.is_dir() and not (place / DESCRIPTION).is_file():
            raise LookalikeError(
                f"train.weights: {source}: is a folder, but no model: it has no {DESCRIPTION}"
            )
        if not place.exists():
            raise LookalikeError(f"train.weights: {source}: there is no such file")


def read_weights(
    source: str, backbone: str, sha256: str | None, cache: Path, revision: str | None = None
) -> StateDict:
    """Read the state dictionary of a torchvision classification model.

    Args:
        source: `pretrained` or `imagenet` (torchvision's own, downloaded once, its file name holds
            its hash; or timm's own), a path or a URL of a `.safetensors` or PyTorch file. Pickled
            code is never run.
        backbone: the backbone that pretrained weights are for.
        sha256: what a file, URL or torchvision's own must hash to; where it is None, the hash is
            printed.
        cache: the folder for what is downloaded from a URL.
        revision: of timm's own weights; see `pretrained_timm`.

    Raises:
        LookalikeError: not found, not what the hash promises, or not a file of weights.
    """
    check_weights(source, backbone)
    if source in DOWNLOADED:
        timm = timm_name(backbone)
        return _download(backbone, sha256) if timm is None else pretrained_timm(timm, revision)
    if "://" in source:
        with downloaded(source, sha256, cache) as path:
            return _load(path, without_secrets(source))
    check_hash(source, sha256_of_file(Path(source)), sha256)
    return _load(Path(source), source)


def load_backbone(
    backbone: nn.Module, weights: StateDict, source: str, strict: bool = True
) -> None:
    """Load weights into a backbone whose classifier was removed, in place; see `load_fitting`.

    What the weights hold beside the backbone, the classifier and auxiliary classifiers, is left.
    Where the backbone is for another number of channels than RGB, filters for RGB are inflated.
    """
    load_fitting(backbone, _inflated(weights, backbone), source, "train.backbone", strict)


def load_fitting(
    module: nn.Module, weights: StateDict, source: str, target: str, strict: bool
) -> None:
    """Load weights into a module, in place; tensors that it has not are left.

    Args:
        module: where to load them.
        weights: a state dictionary.
        source: where they are from, for people to read.
        target: what they are for, alike.
        strict: every tensor of the module must have its weights; else one without keeps its random
            start, and a line on stderr says which do.

    Raises:
        LookalikeError: tensors are missing or have another shape, or none fits at all; the line
            says which.
    """
    wanted = module.state_dict()
    fitting = {
        name: tensor
        for name, tensor in weights.items()
        if name in wanted and tensor.shape == wanted[name].shape
    }
    # Old files lack the counters, which nothing reads at a fixed batch-norm momentum.
    needed = [name for name in wanted if not name.endswith("num_batches_tracked")]
    missing = [name for name in needed if name not in fitting]
    if missing:
        problem = (
            f"train.weights: {without_secrets(source)} does not fit {target}: "
            f"{len(missing)} of {len(needed)} "
            f"tensors are missing or have another shape "
            f"({', '.join(whole_branches(missing, needed))})"
        )
        if len(missing) == len(needed):
            raise LookalikeError(problem)
        if strict:
            raise LookalikeError(f"{problem}; with weights_strict: false they start at random")
        say(f"{problem}; they start at random")
    module.load_state_dict(wanted | fitting)


def whole_branches(names: list[str], of: list[str]) -> list[str]:
    """Dotted names, shortened to `layer4.*` where `names` has all that `of` has below `layer4`."""
    others = set(of) - set(names)
    held = {other[:end] for other in others for end in _dots(other)}
    branches: dict[str, list[str]] = {}
    for name in names:
        whole = (f"{name[:end]}*" for end in _dots(name) if name[:end] not in held)
        branches.setdefault(next(whole, name), []).append(name)
    return [branch if len(below) > 1 else below[0] for branch, below in branches.items()]


def _dots(name: str) -> list[int]:
    """Where the parts of a dotted name end, each with its dot."""
    return [place + 1 for place, letter in enumerate(name) if letter == "."]


def _inflated(weights: StateDict, backbone: nn.Module) -> StateDict:
    """The weights, with filters for RGB made ones for the channels of the backbone."""
    first = f"{first_convolution(backbone)}.weight"
    if first not in weights or weights[first].ndim != 4 or weights[first].shape[1] != RGB:
        return weights
    channels = backbone.get_parameter(first).shape[1]
    return weights | {first: inflate_filters(weights[first], channels)}


def _download(backbone: str, sha256: str | None) -> StateDict:
    weights = models.get_model_weights(backbone).DEFAULT
    try:
        state: StateDict = weights.get_state_dict(progress=True, check_hash=True, weights_only=True)
    except (pickle.UnpicklingError, EOFError):
        raise LookalikeError(
            f"train.weights = imagenet: the file of {weights.url} in {torch.hub.get_dir()} does "
            "not hold weights alone; remove it and train again"
        ) from None
    except (URLError, OSError, RuntimeError) as error:
        raise LookalikeError(
            f"train.weights = imagenet: {weights.url} could not be downloaded ({error}); "
            "get it by other means and give its path, or use weights: none"
        ) from None
    # torch looks at eight digits of the hash, and at none of a file that it has already
    file = Path(torch.hub.get_dir(), "checkpoints", weights.url.rpartition("/")[2])
    check_hash(weights.url, sha256_of_file(file), sha256)
    return state


def _load(path: Path, source: str) -> StateDict:
    try:
        try:
            state = load_file(path)
        except SafetensorError:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # the unpickler raises whatever it meets
        raise LookalikeError(
            f"train.weights: {source}: is neither a safetensors file nor a PyTorch file that holds "
            "only weights"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise LookalikeError(f"train.weights: {source}: is not a state dictionary of tensors")
    check_finite(f"train.weights: {source}", state)
    return state
