"""A remote of DVC's, read by the md5 of what is wanted: S3, Google Cloud, Azure, HTTP, a folder."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from obstore.exceptions import BaseError

from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.files import is_file_name
from lookalike.core.json_file import parse_json
from lookalike.core.secrets import without_secrets
from lookalike.pull.object_store import open_store, reason_of

MD5 = re.compile(r"[0-9a-f]{32}")
CHUNK = 4 * 2**20
MOST_LISTED_BYTES = 64 * 2**20  # of a listing; an image takes none, a shard some hundred bytes


class Remote:
    """Reads what `dvc push` has stored.

    Args:
        address: of the remote, as in `.dvc/config`: `s3://bucket/prefix`. Credentials come from
            the environment or the machine's role.

    Raises:
        ConfigError: there is no such kind of remote.
    """

    def __init__(self, address: str) -> None:
        self._address = without_secrets(address)
        self._store = open_store(address)

    def listing(self, md5: str) -> dict[str, str]:
        """The files of a folder, and the md5 of each.

        Args:
            md5: of the folder; it ends in `.dir`.

        Raises:
            LookalikeError: it is missing, damaged, or names files in other folders.
        """
        content = b""
        for chunk in self._chunks(md5):
            content += chunk
            if len(content) > MOST_LISTED_BYTES:
                raise DataError(f"{self._address}: {md5} is larger than a listing can be")
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5.removesuffix(".dir"):
            raise DataError(f"{self._address}: {md5} is damaged; push it again with dvc push")
        try:
            files = {str(each["relpath"]): str(each["md5"]) for each in parse_json(content)}
        except (ValueError, TypeError, KeyError):
            raise DataError(f"{self._address}: {md5} is no listing of a folder") from None
        for name, of_file in files.items():
            if not is_file_name(name) or not MD5.fullmatch(of_file):
                raise DataError(f"{self._address}: {md5} names {name!r:.80}, which is not taken")
        return files

    def fetch(self, md5: str, path: Path) -> None:
        """Write a file of the remote to a path.

        Raises:
            LookalikeError: it is missing, or is not what its md5 says.
        """
        found = hashlib.md5(usedforsecurity=False)
        with path.open("wb") as file:
            for chunk in self._chunks(md5):
                found.update(chunk)
                file.write(chunk)
        if found.hexdigest() != md5:
            raise DataError(f"{self._address}: {md5} is damaged; push it again with dvc push")

    def _chunks(self, md5: str) -> Iterator[bytes]:
        try:
            for chunk in self._store.get(f"files/md5/{md5[:2]}/{md5[2:]}").stream(CHUNK):
                yield bytes(chunk)
        except FileNotFoundError:
            raise DataError(f"{self._address}: has no {md5}; push it with dvc push") from None
        except (BaseError, OSError) as error:
            raise LookalikeError(
                f"{self._address}: cannot be read ({reason_of(error)}); check the address and the "
                "credentials in the environment"
            ) from None
