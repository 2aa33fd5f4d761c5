"""The index as a folder: vectors, engine, metadata, thumbnails and their fingerprints."""

from os import PathLike
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from lookalike.core.errors import DataError, one_line
from lookalike.index.arrow import numbers_of
from lookalike.index.description import (
    DESCRIPTION,
    WHITENING,
    IndexDescription,
    read_description,
)
from lookalike.index.engines.registry import engine_kind
from lookalike.index.file_fingerprint import REMEDY
from lookalike.index.index import Index
from lookalike.index.metadata import open_metadata_file
from lookalike.index.thumbnails import open_thumbnails
from lookalike.inference.embeddings import VECTORS, open_vectors
from lookalike.retrieval.vectors import Vectors
from lookalike.retrieval.whitening import Whitening
from lookalike.terminal.listing import some_of

METADATA = "metadata.arrow"
THUMBNAILS = "thumbnails.arrow"
CONTENTS = (VECTORS, METADATA, THUMBNAILS, WHITENING, DESCRIPTION, "embeddings.*")


def open_index(
    folder: str | PathLike[str], model_sha256: str | None = None, verify: bool = False
) -> Index:
    """Open an index; of the vectors nothing is read that is not needed yet.

    Args:
        folder: the bundle.
        model_sha256: the fingerprint of the model that will embed the queries; None: any.
        verify: hash every byte. Without it, files are known by their sizes and by samples, and a
            damaged engine file, which is mapped into memory, could end the process without a word.

    Raises:
        LookalikeError: the bundle is missing or broken, or was built with another model.
    """
    folder = Path(folder)
    description = read_description(folder)
    built_with = description.model_sha256
    if None not in (model_sha256, built_with) and built_with != model_sha256:
        raise DataError(
            f"{folder}: was built with the model {built_with:.12}, but the model here is "
            f"{model_sha256:.12}; run embed and index again, or pull both together"
        )
    _check_names(folder, description)
    for name, fingerprint in description.files.items():
        fingerprint.check(folder / name, DESCRIPTION, whole=verify)
    try:
        return _open(folder, description)
    except (ValueError, OSError, KeyError, EOFError, TypeError, SafetensorError) as error:
        reason = one_line(error)
        raise DataError(f"{folder}: is not a whole index ({reason}); {REMEDY}") from None


def _open(folder: Path, description: IndexDescription) -> Index:
    kind = engine_kind(description.engine)
    metadata = open_metadata_file(folder / METADATA)
    thumbnails = open_thumbnails(folder / THUMBNAILS) if THUMBNAILS in description.files else None
    values = np.asarray(open_vectors(folder / VECTORS))
    if values.shape[1] != description.dimension:
        raise ValueError(f"{VECTORS} holds {values.dtype} {list(values.shape)}")
    counts = {VECTORS: len(values), METADATA: len(metadata)}
    if thumbnails is not None:
        counts[THUMBNAILS] = len(thumbnails)
    _check_counts(counts, description)
    vectors = Vectors(values, numbers_of(metadata["length"]))
    engine = kind.open(folder / (kind.file or VECTORS), vectors, description.engine)
    _check_counts({kind.file or VECTORS: len(engine)}, description)
    whitening = None
    if (size := description.whitened_from) is not None:
        whitening = Whitening(**load_file(folder / WHITENING))
        shapes = [list(part.shape) for part in whitening]
        if shapes != [[size], [description.dimension, size]]:
            raise ValueError(f"{WHITENING} holds {shapes}")
    return Index(description, vectors, engine, metadata, thumbnails, whitening)


def write_whitening(whitening: Whitening, path: Path) -> None:
    """Write it as safetensors; the same numbers give the same bytes."""
    save_file(whitening._asdict(), path)
    path.chmod(0o644)  # safetensors writes for the owner alone


def _check_names(folder: Path, description: IndexDescription) -> None:
    """Every file that will be opened has a fingerprint, and nothing else has one."""
    engine = engine_kind(description.engine).file
    needed = {VECTORS, METADATA, *([engine] if engine else [])}
    if description.whitened_from is not None:
        needed.add(WHITENING)
    if missing := sorted(needed - description.files.keys()):
        raise DataError(f"{folder / DESCRIPTION}: no fingerprint of {some_of(missing)}; {REMEDY}")
    if odd := sorted(description.files.keys() - needed - {THUMBNAILS}):
        raise DataError(f"{folder / DESCRIPTION}: {some_of(odd)} is no file of an index; {REMEDY}")


def _check_counts(counts: dict[str, int], description: IndexDescription) -> None:
    wrong = [f"{count} in {name}" for name, count in counts.items() if count != description.images]
    if wrong:
        raise ValueError(f"{description.images} images promised, but {', '.join(wrong)}")
