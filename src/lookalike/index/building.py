"""Build an index over vectors.

They are written as the embed stage writes them, byte for byte, so DVC stores and pushes them once.
"""

from collections.abc import Callable
from importlib.metadata import version
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from lookalike.core.errors import DataError
from lookalike.core.files import atomic_folder
from lookalike.core.json_file import to_json
from lookalike.images.split_file import SplitImage
from lookalike.index.description import DESCRIPTION, WHITENING, IndexDescription
from lookalike.index.engines.registry import DEFAULT_ENGINE, AnyEngine, engine_kind, tune
from lookalike.index.file_fingerprint import FileFingerprint
from lookalike.index.index import Index
from lookalike.index.metadata import complete_metadata, write_metadata
from lookalike.index.storage import (
    CONTENTS,
    METADATA,
    THUMBNAILS,
    open_index,
    write_whitening,
)
from lookalike.inference.embeddings import VECTORS
from lookalike.inference.numerics import BY_DEFAULT, Numerics
from lookalike.retrieval.vectors import BLOCK, Vectors
from lookalike.retrieval.whitening import Whitening, learn_whitening
from lookalike.terminal.listing import some_of

QUERIES = 1000  # that measure the recall of what is tried


def build_index(
    vectors: np.ndarray,
    metadata: pa.Table,
    folder: str | PathLike[str],
    engine: AnyEngine = DEFAULT_ENGINE,
    model_sha256: str | None = None,
    write_thumbnails: Callable[[Path], None] | None = None,
    numerics: Numerics = BY_DEFAULT,
    whitening: Whitening | None = None,
) -> Index:
    """Build an index over vectors and write it as a folder, whole or not at all.

    The last four of the eight parameters are the pipeline's: other callers leave them out.

    Args:
        vectors: float32 `[n, d]`, n at least 1; may be memory-mapped.
        metadata: `n` rows with the columns of `METADATA_SCHEMA`, of which those that can be null
            may be missing; others are left out.
        folder: the folder to write.
        engine: which engine, and its parameters; those that are null are chosen.
        model_sha256: the fingerprint of the model that gave the vectors, where it is known.
        write_thumbnails: writes the file of `n` thumbnails; None: there are none.
        numerics: what computed the vectors; queries are computed so that they agree with it.
        whitening: what made the vectors of embeddings, and is to make those of queries.

    Raises:
        LookalikeError: vectors and metadata do not fit together, vectors are not finite, ids are
            not unique, the engine refuses its parameters, or something else is in the folder.
    """
    folder = Path(folder)
    checked = checked_vectors(vectors, metadata)
    table = complete_metadata(metadata, checked.lengths)
    engine = tune(checked, engine, QUERIES, folder.absolute().parent).params
    kind = engine_kind(engine)
    with atomic_folder(folder, *CONTENTS) as partial:
        np.save(partial / VECTORS, vectors)
        write_metadata(table, partial / METADATA)
        if write_thumbnails is not None:
            write_thumbnails(partial / THUMBNAILS)
        if whitening is not None:
            write_whitening(whitening, partial / WHITENING)
        if kind.file is not None:
            kind.build(checked, partial / kind.file, engine)
        files = {path.name: FileFingerprint.of(path) for path in sorted(partial.iterdir())}
        description = IndexDescription(
            engine=engine,
            images=len(vectors),
            dimension=vectors.shape[1],
            whitened_from=None if whitening is None else len(whitening.mean),
            model_sha256=model_sha256,
            numerics=numerics,
            vectors_sha256=files[VECTORS].sha256,
            files=files,
            versions={kind.package: version(kind.package)},
        )
        (partial / DESCRIPTION).write_text(to_json(description.model_dump()), encoding="utf-8")
    return open_index(folder, model_sha256)


def training_whitening(
    embeddings: np.ndarray, split: list[SplitImage], dimension: int | None
) -> Whitening | None:
    """The whitening to `dimension` numbers that the training images ask for; None: none.

    Args:
        embeddings: of all images, float32 `[n, d]`.
        split: which of them are for training; where none is, because no image has a label, all are.
        dimension: see `learn_whitening`, as for what it raises.
    """
    if dimension is None:
        return None
    rows = [image.row for image in split if image.split == "train"]
    return learn_whitening(embeddings[rows] if rows else embeddings, dimension)


def checked_vectors(vectors: np.ndarray, metadata: pa.Table) -> Vectors:
    """The vectors with their lengths.

    Args:
        vectors: float32 `[n, d]`.
        metadata: `n` rows with an id each.

    Raises:
        DataError: they do not fit together, or numbers are not finite; the line names the images.
    """
    if vectors.ndim != 2 or vectors.dtype != np.float32 or 0 in vectors.shape:
        raise DataError(
            f"vectors: are {vectors.dtype} {list(vectors.shape)}, but an index is built of float32 "
            "[n, d] with at least one"
        )
    if len(vectors) != len(metadata):
        raise DataError(f"vectors: {len(vectors)}, but {len(metadata)} rows of metadata")
    starts = range(0, len(vectors), BLOCK)
    finite = [np.isfinite(vectors[start : start + BLOCK]).all(axis=1) for start in starts]
    if len(rows := np.flatnonzero(~np.concatenate(finite))):
        ids = metadata["id"].take(pa.array(rows)).to_pylist()
        raise DataError(f"vectors: not finite of {len(ids)} images: {some_of(ids)}; embed again")
    return Vectors.measured(np.asarray(vectors))
