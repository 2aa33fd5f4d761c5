"""Does the database hold what the index holds?"""

import hashlib
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import bson
from pymongo import ASCENDING
from pymongo.database import Database

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.mongodb.documents import (
    IMAGES,
    INDEXES,
    Document,
    batches,
    image_documents,
    index_document,
    keys_of,
)
from lookalike.publish.mongodb.pointer import current_version
from lookalike.publish.store import Verified
from lookalike.publish.version import version_of
from lookalike.terminal.listing import some_of

DATABASE, INDEX = "database", "index"


class Comparison(NamedTuple):
    """Paths of images by how they differ, and the digests of both sides."""

    paths: dict[str, list[str]]
    digests: dict[str, str]


def verify(index: Index, metrics: dict[str, Any], database: Database[Document]) -> Verified:
    """Compare every document of an index's version with the index.

    Raises:
        LookalikeError: they differ; the line names how.
    """
    version = version_of(index)
    problems = []
    if (current := current_version(database)) != version:
        problems.append(f"current is {current or 'nothing'}")
    expected: Document = {**index_document(index, version, metrics), "whole": True}
    stored = database[INDEXES].find_one({"_id": version}) or {}
    if searched := "search" in stored:  # what it says is held against the index by searching
        expected["search"] = stored["search"]
    keys = sorted({*expected, *stored})
    if wrong := [key for key in keys if stored.get(key) != expected.get(key)]:
        problems.append(f"{INDEXES} differs in {some_of(wrong)}" if stored else f"no {INDEXES}")
    found = _compare(index, version, database, searched)
    problems += [
        f"{len(paths)} images {how} ({some_of(paths)})"
        for how, paths in found.paths.items()
        if paths
    ]
    theirs, ours = (found.digests[side][:12] for side in (DATABASE, INDEX))
    if theirs != ours:
        problems.append(f"digest {theirs} in the database, {ours} in the index")
    if problems:
        raise LookalikeError(
            f"{database.name}: is not version {version} of the index: {'; '.join(problems)}; "
            "run lookalike publish --rewrite"
        )
    return Verified(version, len(index), found.digests[INDEX])


def _compare(
    index: Index, version: str, database: Database[Document], searched: bool
) -> Comparison:
    """Walk through both sides by id."""
    cursor = database[IMAGES].find({"_id": keys_of(version)}).sort("_id", ASCENDING)
    ours = _sorted_documents(index, version, searched)
    sides = [
        ((document["_id"], DATABASE, document) for document in cursor),
        ((document["_id"], INDEX, document) for document in ours),
    ]
    hashes = {DATABASE: hashlib.sha256(), INDEX: hashlib.sha256()}
    paths: dict[str, list[str]] = {"missing": [], "too many": [], "different": []}
    for key, group in groupby(merge(*sides, key=itemgetter(0)), key=itemgetter(0)):
        documents = {side: document for _, side, document in group}
        encoded = {side: bson.encode(document) for side, document in documents.items()}
        for side, content in encoded.items():
            hashes[side].update(content)
        if encoded.get(DATABASE) != encoded.get(INDEX):  # so NaN equals NaN, too
            how = "missing" if DATABASE not in documents else "different"
            how = "too many" if INDEX not in documents else how
            paths[how].append(str(next(iter(documents.values())).get("path", key)))
    return Comparison(paths, {side: whole.hexdigest() for side, whole in hashes.items()})


def _sorted_documents(index: Index, version: str, searched: bool) -> Iterator[Document]:
    ids = index.ids
    for rows in batches(index, sorted(range(len(ids)), key=ids.__getitem__)):
        yield from image_documents(index, version, rows, searched)
