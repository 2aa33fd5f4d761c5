"""Embed every image of a store into the files of `embeddings`."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa

from lookalike.core.files import atomic_folder
from lookalike.images.store import ImageStore
from lookalike.inference.embedder import Embedder, OutputBlock
from lookalike.inference.embeddings import MODEL_KEY, NUMERICS_KEY, ROWS, ROWS_SCHEMA, VECTORS
from lookalike.inference.engine_model import inference_of
from lookalike.model.artifact import Model


def write_embeddings(folder: Path, images: ImageStore, embedder: Embedder) -> None:
    """Embed every image of a store and write block by block through a memory map.

    Args:
        folder: the folder to write, complete or not at all.
        images: the image store.
        embedder: of a model that was loaded from an artifact.
    """
    model, ids = embedder.model, images.metadata["id"]
    numerics = inference_of(model).numerics.model_dump_json()
    stretch = model.description.stretch
    shown = {} if stretch is None else stretch.to_metadata()
    about = {MODEL_KEY: model.fingerprint.encode(), NUMERICS_KEY: numerics.encode(), **shown}
    schema = ROWS_SCHEMA.with_metadata(about)
    with atomic_folder(folder, VECTORS, ROWS) as partial:
        vectors = np.lib.format.open_memmap(
            partial / VECTORS, mode="w+", dtype=np.float32, shape=(len(ids), model.dimension)
        )
        _reserve(partial / VECTORS)
        with pa.ipc.new_file(partial / ROWS, schema) as rows:
            for block in embedder.blocks(images, range(len(images))):
                vectors[block.start : block.stop] = block.embeddings.numpy()
                columns = [ids.slice(block.start, len(block.embeddings)), *_predicted(model, block)]
                rows.write_table(pa.table(columns, schema=schema).combine_chunks())
        vectors.flush()


def _reserve(path: Path) -> None:
    """Take the space of a sparse file: a full disk is an error here, and later kills the process.

    Raises:
        OSError: there is not enough.
    """
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _predicted(model: Model, block: OutputBlock) -> tuple[pa.Array, pa.Array]:
    """The likeliest class of each image, and its probability."""
    if block.logits is None:
        count = len(block.embeddings)
        return pa.nulls(count, pa.string()), pa.nulls(count, pa.float32())
    names = pa.array(model.description.classes, pa.string())
    best = model.probabilities(block.logits).max(dim=1)
    return names.take(pa.array(best.indices.numpy())), pa.array(best.values.numpy())
