"""What decides the result of a training, as one hash: other params, data or code, another one."""

import hashlib
from pathlib import Path

import torch

import lookalike
from lookalike.core.hashing import sha256_of_file
from lookalike.core.json_file import to_json
from lookalike.core.params import BaseParams
from lookalike.core.portable import dispatch
from lookalike.images.store import ImageStore
from lookalike.model.artifact_fingerprint import DESCRIPTION
from lookalike.model.artifact_fingerprint import fingerprint as model_fingerprint
from lookalike.train.params import TrainParams

PACKAGE = Path(lookalike.__file__).parent

# What dvc.yaml declares as this stage's code, relative to src/.
CODE = (
    "train.py",
    "lookalike/__init__.py",
    "lookalike/core",
    "lookalike/images",
    "lookalike/model",
    "lookalike/inference",
    "lookalike/retrieval",
    "lookalike/train",
)


def fingerprint(
    params: TrainParams, base: BaseParams, split: Path, images: ImageStore, devices: str
) -> str:
    """The sha256 over everything that a byte of the trained model depends on.

    Args:
        params: of the training.
        base: what the stages share.
        split: the split file.
        images: the image store.
        devices: what computes, such as `2 x cpu`.
    """
    metadata = images.metadata
    store = hashlib.sha256(repr(metadata.schema.metadata).encode())
    for image_id in metadata["id"]:
        store.update(image_id.as_buffer())
    parts = {
        "base": [base.seed, base.precision, base.threads],
        "dispatch": dispatch(),
        "train": params.model_dump(),
        "weights": [_content(backbone.weights) for backbone in params.backbones],
        "resume_from": _content(params.resume_from),
        "split": sha256_of_file(split),
        "images": store.hexdigest(),
        "code": {str(path): sha256_of_file(PACKAGE.parent / path) for path in _code()},
        "torch": torch.__version__,
        "devices": devices,
    }
    return hashlib.sha256(to_json(parts).encode()).hexdigest()


def _content(source: str | None) -> str | None:
    """The sha256 of a file, or of the model in a folder; None where it is neither."""
    if source is None:
        return None
    path = Path(source)
    if (path / DESCRIPTION).is_file():
        return model_fingerprint(path)
    return sha256_of_file(path) if path.is_file() else None


def _code() -> list[Path]:
    root = PACKAGE.parent
    files = [
        path
        for name in CODE
        for path in (root / name, *(root / name).rglob("*.py"))
        if path.is_file()
    ]
    return sorted(path.relative_to(root) for path in files)
