"""Where images of users are kept, with what the model predicted and what they say is right.

`images/` holds files by their sha256 and nothing else, so that it can be a source of images, or a
part of one; `records/` and `corrections/` hold JSON under the same names, `hard_negatives/` under
those of two images.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from obstore.exceptions import BaseError

from lookalike.collect.hard_negatives import HardNegative
from lookalike.core.errors import DataError, LookalikeError, QueryError
from lookalike.core.json_file import parse_json, to_json
from lookalike.core.secrets import without_secrets
from lookalike.pull.object_store import open_store, reason_of

IMAGES, RECORDS, CORRECTIONS = "images", "records", "corrections"
HARD_NEGATIVES = "hard_negatives"


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
            self._check_collected(id)
            self._write(CORRECTIONS, id, {"id": id, "label": label, **record})

    def add_hard_negative(
        self, pair: HardNegative, record: Mapping[str, Any], indexed: bool
    ) -> None:
        """Note that a person finds two images not alike.

        Args:
            pair: which ones.
            record: what else is known.
            indexed: whether the query is an indexed image; else it has to be a collected one.

        Raises:
            QueryError: there is no such image.
            LookalikeError: it cannot be written.
        """
        with self._reached():
            if not indexed:
                self._check_collected(pair.query)
            self._write(HARD_NEGATIVES, "-".join(pair), {**pair._asdict(), **record})

    def corrections(self) -> dict[str, str]:
        """The label that a person has given, by id, in the order of the ids.

        Raises:
            LookalikeError: they cannot be read, or one is damaged.
        """
        return dict(self._said(CORRECTIONS, "id", "label"))

    def hard_negatives(self) -> list[HardNegative]:
        """The pairs that a person finds not alike, in the order of their ids.

        Raises:
            LookalikeError: they cannot be read, or one is damaged.
        """
        return [HardNegative(*pair) for pair in self._said(HARD_NEGATIVES, "query", "hit")]

    def _said(self, kind: str, first: str, second: str) -> Iterator[tuple[str, str]]:
        """Two values of each file of a kind, in the order of their names."""
        with self._reached():
            for path in sorted(
                entry["path"] for chunk in self._store.list(kind) for entry in chunk
            ):
                try:
                    content = parse_json(bytes(self._store.get(path).bytes()))
                    yield str(content[first]), str(content[second])
                except (ValueError, KeyError, TypeError):
                    raise DataError(
                        f"{self._address}/{path}: lacks {first} or {second}; remove it"
                    ) from None

    def _check_collected(self, id: str) -> None:
        if not self._has(IMAGES, id):
            raise QueryError(f"{id}: no image of this id was collected")

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
