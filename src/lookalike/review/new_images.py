"""Which images are new, and which they are compared with: files, a subset, or since a revision."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from lookalike.compare.fetching import fetch_small_files
from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import DataError, QueryError
from lookalike.core.layout import Layout
from lookalike.index.index import Index
from lookalike.index.metadata import open_metadata_file
from lookalike.index.storage import METADATA
from lookalike.review.outliers import unit_vectors
from lookalike.search.encoding import EncodedQuery
from lookalike.search.queries import Query
from lookalike.search.searcher import Searcher
from lookalike.terminal.progress import say, track

AT_ONCE = 32


class Sides(NamedTuple):
    """What is compared.

    Attributes:
        reference: unit vectors `[n, d]`.
        new: unit vectors `[m, d]`.
        names: of the new images.
    """

    reference: Tensor
    new: Tensor
    names: list[str]


def files_against_index(searcher: Searcher, files: Sequence[Query]) -> Sides:
    """Image files against all that is indexed; of a file that is no image, a line says so.

    Raises:
        DataError: none of them is an image.
    """
    encoded: list[EncodedQuery] = []
    waiting = iter(track(files, "embedding", len(files)))
    while block := list(islice(waiting, AT_ONCE)):
        prepared = []
        for file in block:
            try:
                prepared.append(searcher.prepare(file))
            except QueryError as error:
                say(f"left out: {error}")
        encoded += searcher.encode(prepared)
    if not encoded:
        raise DataError("none of the files is an image")
    reference = unit_vectors(searcher.index.vectors.values)
    new = unit_vectors(np.stack([each.vector for each in encoded]))
    return Sides(reference, new, [each.name for each in encoded])


def subset_against_others(index: Index, subset: str) -> Sides:
    """The indexed images of a subset of the split against those of the others.

    Raises:
        DataError: no image is in it.
    """
    splits = np.array([split or "" for split in index.metadata["split"].to_pylist()])
    return _parted(index, splits == subset, f"no indexed image is in the subset {subset!r}")


def since_revision(index: Index, project: Layout, revision: str, pull: bool) -> Sides:
    """The indexed images that a revision's index does not have, against those that it has.

    All of them are embedded by the model that is here, so it does not matter which model the
    revision had. What it alone has is not compared; a line says how many that are.

    Args:
        index: the index that is here.
        project: the project.
        revision: a branch, tag, hash or experiment.
        pull: fetch what the revision's index says of its images, if it is not here.

    Raises:
        LookalikeError: there is no such revision, or its index is not here.
    """
    snapshot = Snapshot(project, revision)
    if pull:
        fetch_small_files([snapshot])
    path = snapshot.output(project.index / METADATA)
    if path is None:
        raise DataError(f"{revision}: which images it has is not here; --pull fetches that")
    try:
        before = set(open_metadata_file(path)["id"].to_pylist())
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{revision}: no metadata of an index: {error}") from None
    are_new = np.array([id not in before for id in index.ids])
    if gone := len(before) - int((~are_new).sum()):
        say(f"{revision} has {gone} images that are not here, and not compared")
    return _parted(index, are_new, f"no image is here that {revision} does not have")


def _parted(index: Index, are_new: np.ndarray, none: str) -> Sides:
    if not are_new.any():
        raise DataError(none)
    vectors = unit_vectors(index.vectors.values)
    names = index.metadata["path"].filter(pa.array(are_new)).to_pylist()
    chosen = torch.from_numpy(are_new)
    return Sides(vectors[~chosen], vectors[chosen], names)
