"""Files on other machines, through fsspec: S3, Google Cloud, Azure, HTTP, repositories."""

import os
from collections.abc import Callable
from typing import Any

import fsspec
from fsspec import AbstractFileSystem

from lookalike.core.errors import LookalikeError
from lookalike.core.secrets import without_secrets
from lookalike.ingest.dvc_repository import repository_filesystem
from lookalike.ingest.hub import hub_filesystem
from lookalike.ingest.retrying import REQUEST_PAYER, Taken, persistently

# fsspec's own names for what DVC spells otherwise, and the extras that bring what is not built in.
PROTOCOLS = {"azure": "abfs"}
EXTRAS = {"gs": "gs", "abfs": "azure"}
# Standard retries wait longer after each refusal. One object is not read in parallel parts:
# objects are, and asking for its size first would double the requests. The checksum of a whole
# object is looked at whatever the environment says for the sake of other readers.
S3_OPTIONS: dict[str, Any] = {
    "config_kwargs": {
        "retries": {"mode": "standard", "max_attempts": 5},
        "response_checksum_validation": "when_supported",
    },
    "max_concurrency": 1,
}
# Some servers, rclone's among them, send the checksum of the whole object with a part of it.
S3_PARTS = {"response_checksum_validation": "when_required"}


def is_remote(uri: str) -> bool:
    """True for `protocol://…`."""
    return "://" in uri


def open_remote(uri: str) -> tuple[AbstractFileSystem, str]:
    """The file system that a URI is on, and the path there. Nothing is asked of it yet.

    Raises:
        LookalikeError: the protocol is not known, or needs an extra.
    """
    protocol, _, rest = uri.partition("://")
    if protocol == "hf":
        return hub_filesystem(), rest
    if protocol == "dvc":
        return repository_filesystem(uri)
    protocol = PROTOCOLS.get(protocol, protocol)
    options = S3_OPTIONS | _payer() if protocol == "s3" else {}
    try:
        filesystem, path = fsspec.url_to_fs(
            f"{protocol}://{rest}", use_listings_cache=False, **options
        )
    except ImportError:
        extra = EXTRAS.get(protocol)
        how = f": pip install 'lookalike[{extra}]'" if extra else ""
        raise LookalikeError(
            f"{without_secrets(uri)}: {protocol}:// needs another package{how}"
        ) from None
    except ValueError:
        raise LookalikeError(
            f"{without_secrets(uri)}: {protocol}:// is not known; there are s3://, gs://, azure:// "
            "and https://"
        ) from None
    return filesystem, path


def _payer() -> dict[str, Any]:
    """Who pays for the requests, by the variable that GDAL and others read."""
    return {"requester_pays": True} if os.environ.get(REQUEST_PAYER) == "requester" else {}


def in_parts(filesystem: AbstractFileSystem) -> AbstractFileSystem:
    """The same file system, for reading parts of objects, which have no checksum of their own."""
    if "s3" not in filesystem.protocol:
        return filesystem
    options = filesystem.storage_options
    config = options["config_kwargs"] | S3_PARTS
    # not by its name: importing s3fs takes a quarter of a second, and most sources are no bucket
    return type(filesystem)(*filesystem.storage_args, **(options | {"config_kwargs": config}))


def read_remote(
    filesystem: AbstractFileSystem, path: str, uri: str, end: int | None = None
) -> bytes:
    """The bytes of one object, or those before `end`.

    Raises:
        FileNotFoundError: it is not there.
        UnreadableError: it is archived.
        LookalikeError: the server cannot be reached or refuses, several times in a row.
    """
    if end is None:
        return bytes(persistently(lambda: filesystem.cat_file(path), uri))
    parts = in_parts(filesystem)
    return bytes(persistently(lambda: parts.cat_file(path, start=0, end=end), uri))


def stream_http(
    filesystem: AbstractFileSystem, url: str, uri: str, take: Callable[[Any], Taken]
) -> Taken:
    """What `take` makes of a file on a web server, which it reads piece by piece.

    Raises:
        FileNotFoundError, UnreadableError, LookalikeError: see `read_remote`; or as `take` does.
    """

    def attempt() -> Taken:
        # without blocks it is one request, and with a size the server is not asked for it before
        with filesystem.open(url, "rb", block_size=0, size=1, allow_redirects=False) as file:
            return take(file)

    return persistently(attempt, uri)


def stream_remote(
    filesystem: AbstractFileSystem, path: str, uri: str, take: Callable[[Any], Taken]
) -> Taken:
    """What `take` makes of an object, which it reads piece by piece.

    Raises:
        FileNotFoundError, UnreadableError, LookalikeError: see `read_remote`; or as `take` does.
    """

    def attempt() -> Taken:
        with filesystem.open(path, "rb") as file:
            return take(file)

    return persistently(attempt, uri)
