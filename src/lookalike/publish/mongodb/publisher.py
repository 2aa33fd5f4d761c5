"""Write an index version beside the others, then point at it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymongo import ASCENDING, ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from lookalike.index.index import Index
from lookalike.publish.mongodb.documents import (
    BATCH_DOCUMENTS,
    IMAGES,
    INDEXES,
    Document,
    batches,
    image_documents,
    image_key,
    index_document,
    keys_of,
)
from lookalike.publish.mongodb.pointer import (
    SILENCE,
    Claim,
    claimed,
    current_version,
    earlier_versions,
)
from lookalike.publish.mongodb.search_index import drop_unused, is_searched
from lookalike.publish.mongodb.searching import prepare_search
from lookalike.publish.plan import Plan
from lookalike.publish.store import Published
from lookalike.publish.version import version_of
from lookalike.terminal.progress import track

DUPLICATE_KEY = 11000


def publish(
    index: Index,
    metrics: dict[str, Any],
    keep_versions: int,
    database: Database[Document],
    silence: float = SILENCE,
    rewrite: bool = False,
) -> Published:
    """Make the database hold an index, whole, as its current version.

    Every step can be done again: after an interruption, wherever it came, readers see the version
    that was current before, and the next run completes. A version's name is a digest of everything
    in its index, so one that is there, whole, is not written again.

    Six parameters, of which most callers leave out the last two.

    Args:
        index: the index.
        metrics: what is told about it.
        keep_versions: how many earlier versions stay.
        database: where to.
        silence: see `pointer`, seconds.
        rewrite: write every image though the version is there: repairs what others changed in it.

    Raises:
        LookalikeError: another publisher is at work, or takes over.
    """
    version = version_of(index)
    with claimed(database, silence) as claim:
        searched = is_searched(index, database)
        there = None if rewrite else _there(index, version, database, searched)
        new = changed = 0
        if there is None:
            new, changed = _write(index, version, database, claim, searched)
        document = {**index_document(index, version, metrics), "whole": True}
        if searched:
            before = None if there is None else there["search"]
            document["search"] = prepare_search(index, version, database, claim, before)
        database[INDEXES].replace_one({"_id": version}, document, upsert=True)
        kept = claim.point_at(version, keep_versions)
        removed = _remove_all_but(kept, database, claim)
        if searched:
            drop_unused(database)
        return Published(version, new, changed, removed)


def plan(index: Index, keep_versions: int, database: Database[Document], rewrite: bool) -> Plan:
    """What `publish` would do; nothing changes."""
    version = version_of(index)
    kept = [version, *earlier_versions(database, version)[:keep_versions]]
    images = len(index) if rewrite else _count_lacking(index, version, database)
    return Plan(version, images, _all_but(kept, database), current_version(database) == version)


def _there(
    index: Index, version: str, database: Database[Document], searched: bool
) -> Document | None:
    """The document of a version that was written whole, and of which as many images are there.

    Where the server has vector search now and had none then, or the other way, others are needed.
    """
    wanted = {"_id": version, "whole": True, "search": {"$exists": searched}}
    found: Document | None = database[INDEXES].find_one(wanted)
    if found is None or database[IMAGES].count_documents({"_id": keys_of(version)}) != len(index):
        return None
    return found


def _count_lacking(index: Index, version: str, database: Database[Document]) -> int:
    """How many images of a version are to be written: none, all, or what a killed one left."""
    searched = is_searched(index, database)
    if _there(index, version, database, searched) is not None:
        return 0
    otherwise = {"_id": version, "whole": True, "search": {"$exists": not searched}}
    if database[INDEXES].find_one(otherwise) is not None:
        return len(index)
    keys = {image_key(version, image_id) for image_id in index.ids}
    found = database[IMAGES].find({"_id": keys_of(version)}, {"_id": 1})
    return len(index) - sum(document["_id"] in keys for document in found)


def _write(
    index: Index, version: str, database: Database[Document], claim: Claim, searched: bool
) -> tuple[int, int]:
    """Write the images of a version; how many were new, and how many changed."""
    images = database[IMAGES]
    # Before its images, so that what a killed publisher leaves can be found and removed
    database[INDEXES].update_one({"_id": version}, {"$set": {"whole": False}}, upsert=True)
    new = changed = 0
    parts = batches(index, range(len(index)))
    made = _one_ahead(list(image_documents(index, version, rows, searched)) for rows in parts)
    for documents in track(made, "publishing", total=len(parts)):
        inserted, replaced = _upsert(images, documents)
        new, changed = new + inserted, changed + replaced
        claim.beat()
    # After the images: to build it once costs less than to add to it a thousand times
    images.create_index([("version", ASCENDING), ("path", ASCENDING)], unique=True)
    return new, changed


def _one_ahead(parts: Iterator[list[Document]]) -> Iterator[list[Document]]:
    """The same parts, each of them made while the server takes the one before."""
    with ThreadPoolExecutor(1, "documents") as maker:
        coming = maker.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = maker.submit(next, parts, None)
            yield part


def _upsert(images: Collection[Document], documents: Sequence[Document]) -> tuple[int, int]:
    """Insert what is not there and replace what is; how many were new, and how many changed.

    Most are new: inserting is several times as fast as asking for each.
    """
    try:
        images.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        refused = error.details["writeErrors"]
        if any(each["code"] != DUPLICATE_KEY for each in refused):
            raise
        there = [documents[each["index"]] for each in refused]
        replacements = [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in there]
        result = images.bulk_write(replacements, ordered=False)
        return len(documents) - len(there), result.modified_count + result.upserted_count
    return len(documents), 0


def _remove_all_but(kept: list[str], database: Database[Document], claim: Claim) -> list[str]:
    """Remove every other version, also what killed publishers left; returns their names."""
    images, indexes = database[IMAGES], database[INDEXES]
    others = _all_but(kept, database)
    for version in others:
        indexes.update_one({"_id": version}, {"$set": {"whole": False}})
        while some := list(images.find({"version": version}, {"_id": 1}).limit(BATCH_DOCUMENTS)):
            images.delete_many({"_id": {"$in": [each["_id"] for each in some]}})
            claim.beat()
        indexes.delete_one({"_id": version})
    return others


def _all_but(kept: list[str], database: Database[Document]) -> list[str]:
    """The names of the other versions, sorted."""
    return sorted(
        each["_id"] for each in database[INDEXES].find({"_id": {"$nin": kept}}, {"_id": 1})
    )
