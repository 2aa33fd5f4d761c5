"""What is known of indexed images, from the database in which their index is published."""

import json
from collections.abc import Sequence
from typing import Any

from lookalike.core.errors import DataError
from lookalike.index.index import Index
from lookalike.publish.mongodb.database import Connection
from lookalike.publish.mongodb.documents import IMAGES, SEARCHED_FIELDS, Document, image_key
from lookalike.publish.mongodb.pointer import current_version
from lookalike.publish.version import version_of
from lookalike.terminal.listing import some_of

# Of a document, not of its image; `similarity` and `further` are what a hit has itself
LEFT_OUT = {"_id", "version", "row", "embedding", "similarity", "further"}
LEFT_OUT |= set(SEARCHED_FIELDS.values())

UNASKED = ("embedding", *SEARCHED_FIELDS.values())  # because they are large


class PublishedMetadata:
    """Gives records as `Index.records` does, with what the documents hold in their place.

    Fields that were added to documents are there, too, as JSON has them.

    Args:
        index: the index, which has to be the current version.

    Raises:
        LookalikeError: another version is current, or the server cannot be asked.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._version = version_of(index)
        self._connection = Connection()
        with self._connection.told() as database:
            if (current := current_version(database)) != self._version:
                self._connection.close()
                raise DataError(
                    f"{database.name}: version {current or 'none'} is current, but the index here "
                    f"is {self._version}; run lookalike publish, or pull the index that is current"
                )

    def records(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What is known of the images of some rows, in their order.

        Raises:
            LookalikeError: a document is missing, or the server cannot be asked.
        """
        records = self._index.records(rows)
        keys = [image_key(self._version, record["id"]) for record in records]
        with self._connection.told() as database:
            wanted = {"_id": {"$in": keys}}
            found = database[IMAGES].find(wanted, dict.fromkeys(UNASKED, 0))
            documents = {document["_id"]: _plain(document) for document in found}
        if missing := [key for key in keys if key not in documents]:
            raise DataError(f"{database.name}: lacks {some_of(missing)}; run lookalike publish")
        return [record | documents[key] for record, key in zip(records, keys, strict=True)]


def _plain(document: Document) -> dict[str, Any]:
    """The fields of a document as JSON: dates and the like are text, NaN is null."""
    fields = {name: value for name, value in document.items() if name not in LEFT_OUT}
    plain: dict[str, Any] = json.loads(
        json.dumps(fields, default=str), parse_constant=lambda _: None
    )
    return plain
