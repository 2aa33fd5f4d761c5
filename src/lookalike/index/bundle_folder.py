"""The index bundle as a folder: vectors, engine, metadata, thumbnails and their fingerprints.

The vectors are those of the embed stage, byte for byte, so DVC stores and pushes them once.
"""

import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa

from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_folder, to_json
from lookalike.index.bundle import IndexBundle
from lookalike.index.description import DESCRIPTION, IndexDescription, read_description
from lookalike.index.engines.registry import engine_kind
from lookalike.index.file_fingerprint import REMEDY, FileFingerprint
from lookalike.index.metadata import open_metadata_file, write_metadata
from lookalike.index.params import IndexParams
from lookalike.index.thumbnails import open_thumbnails
from lookalike.inference.embeddings import VECTORS
from lookalike.retrieval.vectors import Vectors

METADATA = "metadata.arrow"
THUMBNAILS = "thumbnails.arrow"
CONTENTS = (VECTORS, METADATA, THUMBNAILS, DESCRIPTION, "embeddings.*")


def write_bundle(
    folder: Path,
    vectors: Path,
    metadata: pa.Table,
    model_sha256: str,
    params: IndexParams,
    write_thumbnails: Callable[[Path], None] | None = None,
) -> None:
    """Build the index over a file of vectors and write the bundle, whole or not at all.

    Args:
        folder: the bundle to write.
        vectors: a `.npy` file of float32 `[n, d]`.
        metadata: `n` rows of `FILE_SCHEMA`.
        model_sha256: the fingerprint of the model that gave the vectors.
        params: how to build and search; trees and nodes are chosen.
        write_thumbnails: writes the file of `n` thumbnails; None for a bundle without.
    """
    kind = engine_kind(params.engine)
    with atomic_folder(folder, *CONTENTS) as partial:
        shutil.copyfile(vectors, partial / VECTORS)
        write_metadata(metadata, partial / METADATA)
        if write_thumbnails is not None:
            write_thumbnails(partial / THUMBNAILS)
        values = np.load(partial / VECTORS, mmap_mode="r", allow_pickle=False)
        lengths = metadata["length"].to_numpy()
        kind.build(Vectors(np.asarray(values), lengths), partial / kind.file, params)
        files = {path.name: FileFingerprint.of(path) for path in sorted(partial.iterdir())}
        description = IndexDescription(
            engine=params.engine,
            metric=params.metric,
            trees=params.trees if params.engine == "annoy" else None,
            search_k=params.search_k if params.engine == "annoy" else None,
            seed=params.seed,
            faiss_factory=params.faiss_factory if params.engine == "faiss" else None,
            faiss_search=params.faiss_search if params.engine == "faiss" else None,
            images=len(values),
            dimension=values.shape[1],
            model_sha256=model_sha256,
            vectors_sha256=files[VECTORS].sha256,
            files=files,
            versions={kind.package: version(kind.package)},
        )
        (partial / DESCRIPTION).write_text(to_json(description.model_dump()), encoding="utf-8")


def open_bundle(folder: Path, model_sha256: str, verify: bool = False) -> IndexBundle:
    """Open a bundle for use with a model; nothing is read that is not needed yet.

    Args:
        folder: the bundle.
        model_sha256: the fingerprint of the model that will embed the queries.
        verify: hash every byte. Without it, files are known by their sizes and by samples, and a
            damaged engine file, which is mapped into memory, could end the process without a word.

    Raises:
        LookalikeError: the bundle is missing or broken, or was built with another model.
    """
    description = read_description(folder)
    if description.model_sha256 != model_sha256:
        raise LookalikeError(
            f"{folder}: was built with the model {description.model_sha256[:12]}, but the model "
            f"here is {model_sha256[:12]}; run embed and index again, or pull both together"
        )
    for name, fingerprint in description.files.items():
        fingerprint.check(folder / name, DESCRIPTION, whole=verify)
    try:
        return _open(folder, description)
    except (ValueError, OSError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LookalikeError(f"{folder}: is not a whole index ({reason}); {REMEDY}") from None


def _open(folder: Path, description: IndexDescription) -> IndexBundle:
    kind = engine_kind(description.engine)
    metadata = open_metadata_file(folder / METADATA)
    thumbnails = open_thumbnails(folder / THUMBNAILS) if THUMBNAILS in description.files else None
    # Mapped for writing, though nobody does: torch warns of what is not. The file stays as it is.
    values = np.asarray(np.load(folder / VECTORS, mmap_mode="c", allow_pickle=False))
    vectors = Vectors(values, metadata["length"].to_numpy())
    engine = kind.open(folder / kind.file, vectors, description.params)
    counts = {VECTORS: len(values), METADATA: len(metadata), kind.file: len(engine)}
    if thumbnails is not None:
        counts[THUMBNAILS] = len(thumbnails)
    wrong = [f"{count} in {name}" for name, count in counts.items() if count != description.images]
    if wrong:
        raise ValueError(f"{description.images} images promised, but {', '.join(wrong)}")
    return IndexBundle(description, vectors, engine, metadata, thumbnails)
