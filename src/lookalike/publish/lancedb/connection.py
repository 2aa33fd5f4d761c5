"""A database of LanceDB: a folder, or a prefix of a bucket; errors are told in one line.

Credentials of a bucket come from where every program of S3 takes them: `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, or a profile.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import lancedb

from lookalike.core.errors import ConfigError, LookalikeError, NotReadyError
from lookalike.core.secrets import WHERE_CREDENTIALS_BELONG, without_secrets

BUCKET = "s3://"
REMOVED = re.compile("images_.*not ?found|not ?found.*images_", re.IGNORECASE)
REASONS = {
    "NoSuchBucket": "there is no such bucket",
    r"\b403\b": "the server refuses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "error sending request|kind: Connect": "no S3 server answers there; check AWS_ENDPOINT_URL",
}


class Connection:
    """A folder or bucket.

    Attributes:
        name: which it is, for people.

    Raises:
        ConfigError: the address holds credentials, or is one of another service.
    """

    def __init__(self, place: str) -> None:
        if "://" in place:
            parts = urlsplit(place)
            if parts.scheme != "s3" or not parts.netloc:
                raise ConfigError("a store of LanceDB is a folder, or s3://BUCKET/PREFIX")
            if "@" in parts.netloc or parts.query:
                raise ConfigError(
                    f"the address of a store is s3://BUCKET/PREFIX: {WHERE_CREDENTIALS_BELONG}"
                )
        elif not place:
            raise ConfigError("lancedb: name a folder behind it, as in lancedb:store")
        self.name = place
        self._options: dict[str, str] = {}
        if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
            self._options["allow_http"] = "true"

    @property
    def exists(self) -> bool:
        """Whether something is there; of a bucket, it is supposed."""
        return self.name.startswith(BUCKET) or Path(self.name).exists()

    @contextmanager
    def told(self) -> Iterator[lancedb.DBConnection]:
        """The database.

        Raises:
            LookalikeError: it cannot be reached, or what is in it cannot be read.
        """
        try:
            yield self._database
        except LookalikeError:
            raise
        except (OSError, RuntimeError, ValueError) as error:
            text = " ".join(without_secrets(str(error)).split())
            if REMOVED.search(text):
                raise NotReadyError(
                    f"{self.name}: this version was removed; open it again"
                ) from None
            known = (reason for found, reason in REASONS.items() if re.search(found, text))
            raise LookalikeError(f"{self.name}: {next(known, text[:200])}") from None

    @cached_property
    def _database(self) -> lancedb.DBConnection:
        return lancedb.connect(self.name, storage_options=self._options or None)
