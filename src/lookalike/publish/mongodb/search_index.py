"""The search indexes of MongoDB, where the server has vector search; versions may share one.

A search index is kept up by another process of the server, some time after each write. So it is
waited for, until it is there and has what was written.

https://www.mongodb.com/docs/manual/reference/command/createSearchIndexes/
"""

import hashlib
import re
import time
from collections.abc import Callable, Collection
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.operations import SearchIndexModel

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import to_json
from lookalike.index.index import Index
from lookalike.publish.mongodb.documents import IMAGES, INDEXES, Document
from lookalike.publish.pointer import StoredVersion
from lookalike.retrieval.exact_search import Metric
from lookalike.terminal.progress import say

# By dot products MongoDB compares vectors of length 1 alone
SIMILARITIES: dict[Metric, str] = {"angular": "cosine", "euclidean": "euclidean"}
MOST_DIMENSIONS = 8192
# Not configured, not supported, and for older servers no such command or stage
WITHOUT = {31082, 115, 59, 40324}
NAME = re.compile("embedding_[0-9a-f]{8}")
PAUSE = 1.0  # seconds between looks
PATIENCE = 3600  # looks until an index that is not ready is given up


def has_vector_search(database: Database[Document]) -> bool:
    """Whether the server lists search indexes, even if there are none.

    Raises:
        OperationFailure: it fails to, though versions are there that it has indexed.
    """
    try:
        list(database[IMAGES].list_search_indexes())
    except OperationFailure as error:  # servers of other makers have codes of their own
        indexed = {"search": {"$exists": True}}
        if error.code not in WITHOUT and database[INDEXES].find_one(indexed) is not None:
            raise
        return False
    return True


def is_searched(index: Index, database: Database[Document]) -> bool:
    """Whether the server can search for such vectors, by the metric of their index.

    Raises:
        OperationFailure: as `has_vector_search`.
    """
    description = index.description
    if description.engine.metric not in SIMILARITIES or description.dimension > MOST_DIMENSIONS:
        return False
    return has_vector_search(database)


def ensure_search_index(
    database: Database[Document],
    about: StoredVersion,
    columns: Collection[str],
    beat: Callable[[], None],
) -> str:
    """Create the search index of a version, unless it is there, and wait for it; its name.

    Args:
        database: with the images.
        about: the version.
        columns: what filters may name.
        beat: called while it waits.

    Raises:
        LookalikeError: the server cannot build it.
    """
    filters = ["version", "row", *sorted(columns)]
    vector = {
        "type": "vector",
        "path": "embedding",
        "numDimensions": about.dimension,
        "similarity": SIMILARITIES[about.metric],
    }
    fields = [vector, *({"type": "filter", "path": name} for name in filters)]
    definition = {"fields": fields}
    name = f"embedding_{hashlib.sha256(to_json(definition).encode()).hexdigest()[:8]}"
    images = database[IMAGES]
    if _found(database, name) is None:
        images.create_search_index(SearchIndexModel(definition, name, "vectorSearch"))

    def is_ready() -> bool:
        found = _found(database, name) or {}
        if found.get("status") == "FAILED":
            raise LookalikeError(
                f"{database.name}: the server cannot build the search index {name}; look into its "
                "log, drop the index, and publish again"
            )
        return bool(found.get("queryable"))

    wait_for(is_ready, database.name, beat)
    return name


def wait_for(is_ready: Callable[[], bool], name: str, beat: Callable[[], None]) -> None:
    """Look again and again.

    Raises:
        LookalikeError: it is not ready for a very long time.
    """
    for look in range(PATIENCE):
        if is_ready():
            return
        if look == 0:
            say("publish: waiting for the search index")
        beat()
        time.sleep(PAUSE)
    raise LookalikeError(
        f"{name}: its search index is not ready; what was current stays current; look into the "
        "server's log, and publish again"
    )


def drop_unused(database: Database[Document]) -> None:
    """Drop the search indexes of versions that are no longer there."""
    named = database[INDEXES].find({"search": {"$exists": True}})
    used = {each["search"]["index"] for each in named}
    found: list[Any] = [each["name"] for each in database[IMAGES].list_search_indexes()]
    for name in sorted(found):
        if NAME.fullmatch(name) and name not in used:
            database[IMAGES].drop_search_index(name)


def _found(database: Database[Document], name: str) -> Any:
    return next(iter(database[IMAGES].list_search_indexes(name)), None)
