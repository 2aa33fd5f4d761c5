"""Where images of users are kept, with what the model predicted and what they say is right.

`images/` holds files by their sha256 and nothing else, so that it can be a source of images, or a
part of one; `records/` and `corrections/` hold JSON under the same names.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from obstore.exceptions import BaseError

from lookalike.core.errors import DataError, LookalikeError, QueryError
from lookalike.core.files import to_json
from lookalike.core.secrets import without_secrets
from lookalike.pull.object_store import open_store, reason_of

IMAGES, RECORDS, CORRECTIONS = "images", "records", "corrections"


class Collection:
    """A folder or a prefix in a bucket; every file appears in it whole or not at all.

    Args:
        address: `s3://bucket/prefix`, or a folder.

    Raises:
        ConfigError: there is no such kind of address.
    """

    def __init__(self, address: str) -> None:
        self._address = without_secrets(address)
        self._store = open_store(address, create=True)

    def keep(self, id: str, image: bytes, record: Mapping[str, Any]) -> bool:
        """Keep an image that is not there yet, and what is known of it.

        The image comes last: one that is there has its record.

        Args:
            id: the sha256 of the image.
            image: the file.
            record: what goes into the record.

        Returns:
            Whether it is new.

        Raises:
            LookalikeError: it cannot be written.
        """
        with self._reached():
            if self._has(IMAGES, id):
                return False
            self._write(RECORDS, id, record)
            self._store.put(f"{IMAGES}/{id}", image)
            return True

    def correct(self, id: str, label: str, record: Mapping[str, Any]) -> None:
        """Note what a person says is the label of an image; the last one counts.

        Raises:
            QueryError: there is no such image.
            LookalikeError: it cannot be written.
        """
        with self._reached():
            if not self._has(IMAGES, id):
                raise QueryError(f"{id}: no image of this id was collected")
            self._write(CORRECTIONS, id, {"id": id, "label": label, **record})

    def corrections(self) -> dict[str, str]:
        """The label that a person has given, by id, in the order of the ids.

        Raises:
            LookalikeError: they cannot be read, or one is damaged.
        """
        with self._reached():
            paths = sorted(
                entry["path"] for chunk in self._store.list(CORRECTIONS) for entry in chunk
            )
            return dict(self._correction(path) for path in paths)

    def _correction(self, path: str) -> tuple[str, str]:
        try:
            content = json.loads(bytes(self._store.get(path).bytes()))
            return str(content["id"]), str(content["label"])
        except (ValueError, KeyError, TypeError):
            raise DataError(f"{self._address}/{path}: is no correction; remove it") from None

    def _has(self, kind: str, id: str) -> bool:
        try:
            self._store.head(f"{kind}/{id}")
        except FileNotFoundError:
            return False
        return True

    def _write(self, kind: str, id: str, content: Mapping[str, Any]) -> None:
        self._store.put(f"{kind}/{id}.json", to_json(content).encode())

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise LookalikeError(
                f"{self._address}: cannot be used ({reason_of(error)}); check the address and the "
                "credentials in the environment"
            ) from None
