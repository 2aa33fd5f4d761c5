"""Pretrained weights: from torchvision, a file or a URL, checked before they are trusted."""

import hashlib
import pickle
from pathlib import Path
from urllib.error import URLError

import fsspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lookalike.core.errors import LookalikeError
from lookalike.core.files import sha256_of_file, written_whole
from lookalike.core.layout import cache_folder
from lookalike.core.progress import say
from lookalike.model.cnn import cnn_width
from lookalike.model.inflate import RGB, first_convolution, inflate_filters
from lookalike.model.vision import models

StateDict = dict[str, Tensor]

SHOWN_KEYS = 5


def check_weights(source: str, backbone: str) -> None:
    """Do nothing where weights of that source can be of that backbone.

    Raises:
        LookalikeError: nobody has trained this backbone on ImageNet.
    """
    if source == "imagenet" and cnn_width(backbone) is not None:
        raise LookalikeError(
            f"train.weights = imagenet: there are none for train.backbone = {backbone}; use "
            "weights: none, or a file of its own"
        )


def read_weights(source: str, backbone: str, sha256: str | None) -> StateDict:
    """Read the state dictionary of a torchvision classification model.

    Args:
        source: `imagenet` (torchvision's own, downloaded once, its file name holds its hash), a
            path or a URL of a `.safetensors` or PyTorch file. Pickled code is never run.
        backbone: the torchvision name that `imagenet` weights are for.
        sha256: what a file or URL must hash to; where it is None, the hash is printed.

    Raises:
        LookalikeError: not found, not what the hash promises, or not a file of weights.
    """
    check_weights(source, backbone)
    if source == "imagenet":
        return _download_imagenet(backbone)
    path = _download(source) if "://" in source else Path(source)
    if not path.is_file():
        raise LookalikeError(f"train.weights: {source}: there is no such file")
    found = sha256_of_file(path)
    if sha256 is None:
        say(f"train.weights: {source} has no pinned hash; add  weights_sha256: {found}")
    elif found != sha256:
        raise LookalikeError(
            f"train.weights: {source} has the sha256 {found}, but train.weights_sha256 is "
            f"{sha256}; get the right file or pin this one"
        )
    return _load(path, source)


def load_backbone(backbone: nn.Module, weights: StateDict, source: str) -> None:
    """Load weights into a backbone whose classifier was removed, in place; every tensor must fit.

    What the weights hold beside the backbone, the classifier and auxiliary classifiers, is left.
    Where the backbone is for another number of channels than RGB, filters for RGB are inflated.

    Raises:
        LookalikeError: tensors are missing or have another shape; the line names some of them.
    """
    wanted = backbone.state_dict()
    first = f"{first_convolution(backbone)}.weight"
    if first in weights and weights[first].ndim == 4 and weights[first].shape[1] == RGB:
        inflated = inflate_filters(weights[first], wanted[first].shape[1])
        weights = {**weights, first: inflated}
    missing = [
        name
        for name, tensor in wanted.items()
        # Old files lack these counters, which nothing reads at a fixed batch-norm momentum.
        if not name.endswith("num_batches_tracked")
        and (name not in weights or weights[name].shape != tensor.shape)
    ]
    if missing:
        shown = ", ".join(missing[:SHOWN_KEYS]) + (", ..." if len(missing) > SHOWN_KEYS else "")
        raise LookalikeError(
            f"train.weights: {source} does not fit train.backbone: {len(missing)} of {len(wanted)} "
            f"tensors are missing or have another shape ({shown})"
        )
    backbone.load_state_dict({name: weights.get(name, wanted[name]) for name in wanted})


def _download_imagenet(backbone: str) -> StateDict:
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
    return state


def _download(url: str) -> Path:
    """Download to the cache folder, whole or not at all; a file that is there is used as it is."""
    path = cache_folder() / "weights" / hashlib.sha256(url.encode()).hexdigest()
    if path.is_file():
        return path
    try:
        with written_whole(path) as partial:
            fsspec.url_to_fs(url)[0].get_file(url, str(partial))
    except Exception as error:  # every protocol raises its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise LookalikeError(f"train.weights: {url}: cannot be downloaded ({reason})") from None
    return path


def _load(path: Path, source: str) -> StateDict:
    try:
        try:
            return load_file(path)
        except SafetensorError:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # the unpickler raises whatever it meets
        raise LookalikeError(
            f"train.weights: {source}: is neither a safetensors file nor a PyTorch file that holds "
            "only weights"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise LookalikeError(f"train.weights: {source}: is not a state dictionary of tensors")
    return state
