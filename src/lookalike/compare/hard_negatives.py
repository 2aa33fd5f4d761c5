"""How alike a revision finds the pairs that people call not alike."""

from typing import NamedTuple

import numpy as np

from lookalike.collect.hard_negatives import TABLE, HardNegative, parse_hard_negatives
from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import DataError
from lookalike.index.arrow import numbers_of
from lookalike.index.metadata import open_metadata_file
from lookalike.index.storage import METADATA
from lookalike.inference.embeddings import VECTORS
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Vectors

NEAREST = 10


class HardNegatives(NamedTuple):
    """What a revision makes of the pairs whose images are both in its index.

    Attributes:
        pairs: how many there are.
        near: in how many the hit is among the ten nearest images of the query.
        similarity: the mean cosine between the two embeddings of a pair; 0 without pairs.
    """

    pairs: int
    near: int
    similarity: float


def read_hard_negatives(snapshot: Snapshot) -> list[HardNegative]:
    """The pairs that a revision has; none where it has no table.

    Raises:
        LookalikeError: the table is damaged.
    """
    text = snapshot.text(snapshot.project.root / TABLE)
    return [] if text is None else parse_hard_negatives(text, f"{snapshot.name}: {TABLE}")


def measure_hard_negatives(snapshot: Snapshot, pairs: list[HardNegative]) -> HardNegatives | None:
    """Measure pairs by the index of a revision; None where that is not here.

    Raises:
        DataError: the index is damaged.
    """
    index = snapshot.project.index
    metadata_file, vectors_file = (snapshot.output(index / name) for name in (METADATA, VECTORS))
    if metadata_file is None or vectors_file is None:
        return None
    try:
        metadata = open_metadata_file(metadata_file)
        values = np.load(vectors_file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{index} of {snapshot.name} cannot be read: {error}") from None
    vectors = Vectors(values, numbers_of(metadata["length"]))
    rows = {id: row for row, id in enumerate(metadata["id"].to_pylist())}
    known = [(rows[query], rows[hit]) for query, hit in pairs if {query, hit} <= rows.keys()]
    search = ExactSearch(vectors, "angular")
    near, cosines = 0, [0.0]
    for query, hit in known:
        nearest = search.nearest(values[query], NEAREST + 1).rows
        near += hit in nearest[nearest != query][:NEAREST]
        cosines.append(float(vectors.cosines(values[query], np.array([hit]))[0]))
    return HardNegatives(len(known), near, sum(cosines) / max(len(known), 1))
