"""The pointer to the current version: one document, which one publisher at a time may change.

A publisher writes a claim into the document and counts up its `beat` while it works. Who finds
the claim of another watches it for a while: if it beats, somebody is at work; if it stays as it is,
its publisher was killed, and the claim is taken over. No clocks of different machines are compared,
and who has lost the claim cannot move the pointer.
"""

import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from lookalike.core.errors import LookalikeError
from lookalike.publish.mongodb.documents import Document
from lookalike.terminal.progress import say

COLLECTION = "current"
POINTER = "current"  # the `_id` of the only document
SILENCE = 30.0  # seconds without a beat after which a publisher counts as killed
LOOKS = 10  # in that time
BEAT = 1.0  # seconds between beats, or more: each costs as much as some hundred images
# Of what was written before, too: the server keeps its journal in order
DURABLE = WriteConcern("majority", j=True)


class Claim:
    """The right to move the pointer; see `claimed`."""

    def __init__(self, database: Database[Document]) -> None:
        self._pointers = database[COLLECTION]
        self._publisher = {
            "id": uuid.uuid4().hex,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "beat": 0,
        }
        self._next_beat = 0.0

    def take(self, silence: float) -> None:
        """Take a claim that nobody holds, or that nobody seems to hold any more.

        Raises:
            LookalikeError: another publisher is at work.
        """
        if self._take_free():
            return
        first = self._holder()
        if first is not None:
            say(f"publish: looking whether {_who(first)} is at work")
        for _ in range(LOOKS):
            time.sleep(silence / LOOKS)
            holder = self._holder()
            if holder is None and self._take_free():
                return
            if holder != first:
                break
        else:
            seen = {"_id": POINTER, "publisher": first}
            if self._pointers.update_one(seen, self._mine()).matched_count:
                return
        raise LookalikeError(f"{_who(holder or first)} is publishing; try again when it is done")

    def beat(self) -> None:
        """Show that this publisher is alive, unless it just did.

        Raises:
            LookalikeError: another publisher has taken over.
        """
        if time.monotonic() >= self._next_beat:
            self._change({"$inc": {"publisher.beat": 1}})
            self._next_beat = time.monotonic() + BEAT

    def point_at(self, version: str, keep: int) -> list[str]:
        """Make a version the current one; returns it and the earlier ones that stay.

        Args:
            version: the current version from now on.
            keep: how many earlier ones stay.

        Raises:
            LookalikeError: another publisher has taken over.
        """
        earlier = earlier_versions(self._pointers.database, version)[:keep]
        self._change({"$set": {"version": version, "earlier": earlier}}, DURABLE)
        return [version, *earlier]

    def release(self) -> None:
        """Give the claim back."""
        mine = {"_id": POINTER, "publisher.id": self._publisher["id"]}
        self._pointers.update_one(mine, {"$unset": {"publisher": ""}})

    def _take_free(self) -> bool:
        free = {"_id": POINTER, "publisher": None}
        try:
            self._pointers.update_one(free, self._mine(), upsert=True)
        except DuplicateKeyError:  # the document is there, but not free
            return False
        return True

    def _mine(self) -> Document:
        return {"$set": {"publisher": self._publisher}}

    def _holder(self) -> Document | None:
        pointer = self._pointers.find_one({"_id": POINTER}) or {}
        holder: Document | None = pointer.get("publisher")
        return holder

    def _change(self, update: Document, concern: WriteConcern | None = None) -> None:
        pointers = self._pointers.with_options(write_concern=concern)
        mine = {"_id": POINTER, "publisher.id": self._publisher["id"]}
        if not pointers.update_one(mine, update).matched_count:
            raise LookalikeError("another publisher has taken over; what it publishes is current")


@contextmanager
def claimed(database: Database[Document], silence: float = SILENCE) -> Iterator[Claim]:
    """Hold the claim in this block.

    Raises:
        LookalikeError: another publisher holds it.
    """
    claim = Claim(database)
    claim.take(silence)
    try:
        yield claim
    finally:
        with suppress(PyMongoError):  # whoever comes next finds that it does not beat
            claim.release()


def current_version(database: Database[Document]) -> str | None:
    """What readers see; None where nothing was published yet."""
    pointer = database[COLLECTION].find_one({"_id": POINTER}) or {}
    return pointer.get("version")


def earlier_versions(database: Database[Document], version: str) -> list[str]:
    """What the pointer has named last, beside a version."""
    pointer = database[COLLECTION].find_one({"_id": POINTER}) or {}
    known = [pointer.get("version"), *pointer.get("earlier", [])]
    return [each for each in known if each not in {None, version}]


def _who(publisher: Document | None) -> str:
    if publisher is None:
        return "another publisher"
    return f"another publisher (pid {publisher['pid']} on {publisher['host']})"
