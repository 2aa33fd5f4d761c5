"""The key of an embedding cache: everything that can change a bit of an embedding."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import torch

from lookalike.core.hashing import sha256_of_file
from lookalike.core.json_file import to_json
from lookalike.core.portable import dispatch
from lookalike.images.bands import Bands
from lookalike.inference.cache import EmbeddingCache
from lookalike.inference.engine_model import inference_of
from lookalike.inference.inference_file import Inference
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator

FOLDER = "embeddings"
PACKAGE = Path(__file__).parents[1]
# The packages whose code decides what becomes of an image's bytes, and the libraries that do.
CODE = ("images", "inference", "model")
LIBRARIES = ("numpy", "open_clip_torch", "pillow", "rasterio", "timm", "torch", "torchvision")


class CacheSettings(NamedTuple):
    """Where embeddings are cached, and how much disk space they may take.

    Attributes:
        folder: the project's cache folder.
        gigabytes: beyond that, the least recently used are evicted.
    """

    folder: Path
    gigabytes: float


def open_embedding_cache(
    model: Model, bands: Bands | None, batch_size: int, settings: CacheSettings
) -> EmbeddingCache:
    """Open the cached embeddings of a model.

    Args:
        model: a model that was loaded from an artifact.
        bands: which bands of the images are read.
        batch_size: images a forward pass.
        settings: where, and how many.
    """
    width = model.dimension + len(model.description.classes)
    key = embedding_cache_key(model.fingerprint, bands, batch_size, inference_of(model))
    return EmbeddingCache(settings.folder / FOLDER, key, width, settings.gigabytes)


def embedding_cache_key(
    model_sha256: str, bands: Bands | None, batch_size: int, inference: Inference
) -> str:
    """A sha256 over model, preprocessing, batch shape, engine, code, libraries and processor.

    The model's fingerprint covers what `model.json` says of how images are resized, cropped and
    normalized.

    Args:
        model_sha256: the model's fingerprint.
        bands: which bands of the images are read.
        batch_size: images a forward pass.
        inference: what computes, and in which numbers.
    """
    parts = {
        "model": model_sha256,
        "inference": inference.model_dump(),
        "bands": None if bands is None else bands.model_dump(),
        "batch_size": batch_size,
        "threads": torch.get_num_threads(),
        "processor": processor() if inference.numerics.engine == "torch" else cpu(),
        "dispatch": dispatch(),
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
    return cpu()


def cpu() -> str:
    """What the processor can do; other engines than torch compute there, whatever GPU there is."""
    return " ".join(f"{k}={v}" for k, v in sorted(torch.cpu.get_capabilities().items()))
