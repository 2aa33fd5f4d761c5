"""Under which key embeddings are remembered: everything that can change a bit of one."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from lookalike.core.files import sha256_of_file, to_json
from lookalike.core.layout import cache_folder
from lookalike.core.params import MachineParams
from lookalike.images.shards import open_shards
from lookalike.inference.cache import EmbeddingCache
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator

FOLDER = "embeddings"
PACKAGE = Path(__file__).parents[1]
# The folders whose code decides what becomes of an image's bytes, and the libraries that do.
CODE = ("images", "inference", "model")
LIBRARIES = ("numpy", "pillow", "rasterio", "timm", "torch", "torchvision")


def open_embedding_cache(
    model: Model, model_sha256: str, images: Path, batch_size: int, machine: MachineParams
) -> EmbeddingCache:
    """Open what is remembered of this model, in the cache folder.

    Args:
        model: the model.
        model_sha256: its fingerprint.
        images: the image store.
        batch_size: images a forward pass.
        machine: how much may be remembered.
    """
    width = model.dimension + len(model.description.classes)
    key = embedding_cache_key(model_sha256, images, batch_size)
    return EmbeddingCache(cache_folder() / FOLDER, key, width, machine.embedding_cache_gigabytes)


def embedding_cache_key(model_sha256: str, images: Path, batch_size: int) -> str:
    """A sha256 over model, preprocessing, batch shape, code, libraries and kind of processor.

    The model's fingerprint covers what `model.json` says: precision, and how images are resized,
    cropped and normalized.

    Args:
        model_sha256: the model's fingerprint.
        images: the image store; its schema says which bands are read.
        batch_size: images a forward pass.
    """
    bands = open_shards(images).schema.metadata or {}
    parts = {
        "model": model_sha256,
        "bands": {key.decode(): value.decode() for key, value in sorted(bands.items())},
        "batch_size": batch_size,
        "threads": torch.get_num_threads(),
        "processor": processor(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "code": {
            path.relative_to(PACKAGE).as_posix(): sha256_of_file(path)
            for folder in CODE
            for path in sorted((PACKAGE / folder).rglob("*.py"))
        },
    }
    return hashlib.sha256(to_json(parts).encode()).hexdigest()


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:  # an extra that this project does without
        return None


@cache
def processor() -> str:
    """The kind of processor or GPU that torch computes on, and what it can do."""
    device = accelerator()
    if device.type == "cuda":
        return f"cuda {torch.cuda.get_device_name()}"
    if device.type != "cpu":
        return device.type
    return " ".join(f"{k}={v}" for k, v in sorted(torch.cpu.get_capabilities().items()))
