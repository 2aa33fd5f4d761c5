"""Make a version searchable where it lies; what that takes is `search` in its document."""

from contextlib import nullcontext
from functools import partial

import numpy as np
from pymongo import ASCENDING
from pymongo.database import Database

from lookalike.index.index import Index
from lookalike.index.recall import evenly_spaced
from lookalike.publish.effort import QUERIES, least_effort
from lookalike.publish.mongodb.condition import filter_columns
from lookalike.publish.mongodb.documents import IMAGES, Document
from lookalike.publish.mongodb.pointer import Claim
from lookalike.publish.mongodb.search_index import ensure_search_index, wait_for
from lookalike.publish.mongodb.version import MOST_EFFORT, MongodbVersion
from lookalike.publish.pointer import StoredVersion
from lookalike.retrieval.exact_search import FEW_ROWS

LEAST_EFFORT = 40  # candidates


def prepare_search(
    index: Index, version: str, database: Database[Document], claim: Claim, before: Document | None
) -> Document:
    """Index the images of a version for searches, wait for that, and choose how much these inspect.

    Args:
        index: the index.
        version: its name; its images are written.
        database: where they are.
        claim: beats meanwhile.
        before: what was chosen before, where the images are what they were.

    Raises:
        LookalikeError: the server cannot build the search index, or another publisher takes over.
    """
    database[IMAGES].create_index([("version", ASCENDING), ("row", ASCENDING)])
    about, columns = StoredVersion.of(index, version, {}), filter_columns(index.metadata)
    name = ensure_search_index(database, about, columns, claim.beat)
    search: Document = {"index": name, "filters": columns, "about": about.model_dump(mode="json")}
    opened = MongodbVersion(lambda: nullcontext(database), search)
    _wait_until_found(index, opened, database.name, claim)
    if before is not None and before["index"] == name:
        return before
    if len(index) > FEW_ROWS:
        search["about"]["effort"] = _least_effort(index, opened, claim)
    return search


def _wait_until_found(index: Index, opened: MongodbVersion, name: str, claim: Claim) -> None:
    """Wait for images all over the version, and for the last: they are indexed in their order."""
    rows = np.append(evenly_spaced(len(index), QUERIES), len(index) - 1)
    rows = np.unique(rows[index.vectors.lengths[rows] > 0])  # a vector of zeros has no angle
    if not len(rows):
        return
    query = index.vectors.values[rows[-1]]
    found = partial(opened.nearest_of, query, len(rows), rows.tolist())
    wait_for(lambda: len(found()) == len(rows), name, claim.beat)


def _least_effort(index: Index, opened: MongodbVersion, claim: Claim) -> int:
    def find(effort: int) -> partial[list[int]]:
        claim.beat()
        return partial(opened.by_index, effort)

    return least_effort(index, find, LEAST_EFFORT, MOST_EFFORT)
