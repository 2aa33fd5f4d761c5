"""Embeddings computed on the machines of a Ray cluster: the bytes of one process.

The batches are those that one process would compute. Each goes to whichever machine has room, as
encoded images, and comes back as vectors. So the machines need neither the images nor the model in
files: both are sent. The cache is that of the process which asks.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch

from lookalike.cluster.cluster import Cluster, Needs
from lookalike.core.choices import MODE
from lookalike.core.errors import ConfigError, LookalikeError
from lookalike.core.layout import Layout
from lookalike.core.portable import dispatch
from lookalike.images.bands import Bands
from lookalike.images.pixels import decode_pixels
from lookalike.images.store import ImageStore
from lookalike.inference.batched import BatchedOutputs
from lookalike.inference.cache_key import CacheSettings
from lookalike.inference.embedder import Embedder
from lookalike.inference.engine_model import inference_of
from lookalike.inference.opening import open_model
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator, fix_compute
from lookalike.model.transforms import evaluation_transform


class Sent(NamedTuple):
    """What a process of the cluster embeds with.

    Attributes:
        files: of the project, which say what computes, by their paths.
        batch_size: images a forward pass.
        threads: compute threads.
        bands: which bands of the images are read.
    """

    files: dict[str, bytes]
    batch_size: int
    threads: int
    bands: Bands | None


class ClusterEmbedder(Embedder):
    """Embeds images with the model of a project, on the machines of a Ray cluster.

    Args:
        project: whose model computes.
        model: that model, opened here.
        batch_size: images a forward pass.
        workers: how many processes share a GPU, so that some decode while one computes; without
            GPUs it has no meaning.
        cache: where embeddings are looked up and kept.

    Raises:
        ConfigError: the model's device is to decode.
    """

    def __init__(
        self, project: Layout, model: Model, batch_size: int, workers: int, cache: CacheSettings
    ) -> None:
        if inference_of(model).decode == "device":
            raise ConfigError(
                "base.inference.decode: device is not for machine.engine: ray, where processors "
                "decode; set it to processor, and run dvc repro export"
            )
        super().__init__(model, batch_size, cache=cache)
        self._outputs = _ClusterOutputs(project, model, batch_size, workers)


class _EncodedOutputs(BatchedOutputs):
    """Computes embeddings and logits of images as they came."""

    def of(self, images: Sequence[bytes], bands: Bands | None) -> np.ndarray:
        """Embeddings and logits side by side, `[n, d + classes]`, of a batch or less."""
        transform = evaluation_transform(self.model.description.image_size)

        def pixels(image: bytes) -> torch.Tensor:
            return transform(decode_pixels(image, bands, max_pixels=None))

        with ThreadPoolExecutor(torch.get_num_threads()) as threads:
            return self._vectors(torch.stack(list(threads.map(pixels, images))))


class _ClusterOutputs(_EncodedOutputs):
    def __init__(self, project: Layout, model: Model, batch_size: int, workers: int) -> None:
        super().__init__(model, batch_size, workers)
        self._project = project

    def compute(self, images: ImageStore, rows: Sequence[int]) -> Iterator[list[np.ndarray]]:
        if not rows:
            return
        threads = torch.get_num_threads()
        needs = Needs(threads)
        if accelerator().type == "cuda":
            needs = Needs(1, gpus=1 / max(1, self.workers))
        files = _files_of(self._project)
        sent = Sent(files, self.batch_size, threads, images.bands)
        first = images.encoded(rows[0])
        expected = _digest(self.of([first], images.bands))
        chosen = {MODE: os.environ.get(MODE), **dispatch()}
        instructions = {name: value for name, value in chosen.items() if value is not None}
        cluster = Cluster(partial(_opened, sent, first, expected), needs, instructions)
        starts = range(0, len(rows), self.batch_size)
        batches = (
            [images.encoded(row) for row in rows[start : start + self.batch_size]]
            for start in starts
        )
        for vectors in cluster.in_order(batches):
            yield [vectors]


def _files_of(project: Layout) -> dict[str, bytes]:
    """The files of a project that say what computes its embeddings."""
    folders = [folder for folder in (project.model, project.export) if folder.is_dir()]
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        project.relative(path).as_posix(): path.read_bytes() for path in (project.inference, *paths)
    }


def _opened(sent: Sent, first: bytes, expected: str) -> "partial[np.ndarray]":
    """In a process of the cluster: what embeds a batch.

    Raises:
        LookalikeError: it does not embed the first image as the process that asks does.
    """
    fix_compute(sent.threads)
    with TemporaryDirectory() as folder:
        for name, content in sent.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        model = open_model(Layout(Path(folder)), sent.threads)
    embed = partial(_EncodedOutputs(model, sent.batch_size).of, bands=sent.bands)
    if _digest(embed([first])) != expected:
        raise LookalikeError(
            "a machine of the Ray cluster computes another embedding of the same image; every one "
            "needs the same versions of libraries and kind of processor or GPU"
        )
    return embed


def _digest(vectors: np.ndarray) -> str:
    return hashlib.sha256(vectors.tobytes()).hexdigest()
