"""Files on other machines, through fsspec: S3, Google Cloud, Azure, HTTP, repositories."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import aiohttp
import fsspec
from botocore.exceptions import ClientError, FlexibleChecksumError
from fsspec import AbstractFileSystem
from s3fs import S3FileSystem
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.core.secrets import without_secrets
from lookalike.ingest.dvc_repository import repository_filesystem
from lookalike.ingest.hub import hub_filesystem
from lookalike.ingest.reading import PIECE_BYTES, Stream
from lookalike.ingest.source import UnreadableError

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
REQUEST_PAYER = "AWS_REQUEST_PAYER"
BLOCK_BYTES = 8 * 2**20

# s3fs tries again by itself, but not after everything; what comes from HTTP directly does not.
ATTEMPTS = 5
PATIENCE = 300.0  # seconds after which no further attempt begins
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
ARCHIVED = "InvalidObjectState"  # S3 Glacier: https://docs.aws.amazon.com/AmazonS3/latest/API
RESERVE_BYTES = 2**30  # what a copy leaves free on the disk
# Where a server does not say how much it sends.
UNANNOUNCED_BYTES = 8 * 2**30

Taken = TypeVar("Taken")


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


def _in_parts(filesystem: AbstractFileSystem) -> AbstractFileSystem:
    """The same file system, for reading parts of objects, which have no checksum of their own."""
    if not isinstance(filesystem, S3FileSystem):
        return filesystem
    options = filesystem.storage_options
    config = options["config_kwargs"] | S3_PARTS
    return S3FileSystem(*filesystem.storage_args, **(options | {"config_kwargs": config}))


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
        return bytes(_persistently(lambda: filesystem.cat_file(path), uri))
    parts = _in_parts(filesystem)
    return bytes(_persistently(lambda: parts.cat_file(path, start=0, end=end), uri))


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

    return _persistently(attempt, uri)


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

    return _persistently(attempt, uri)


def _persistently(attempt: Callable[[], Taken], uri: str) -> Taken:
    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(PATIENCE),
        wait=wait_exponential_jitter(multiplier=0.2, max=10),
        retry=retry_if_exception(_may_pass),
        reraise=True,
    )
    try:
        return retrying(attempt)
    except (FileNotFoundError, UnreadableError, LookalikeError):
        raise
    except Exception as error:  # every provider raises its own
        if any(_code(cause) == ARCHIVED for cause in _causes(error)):
            raise UnreadableError(
                "is archived (S3 Glacier) and cannot be read; restore it first: aws s3api "
                "restore-object"
            ) from None
        raise out_of_reach(uri, error) from None


def local_copy(uri: str) -> IO[bytes]:
    """Copy a file into one without a name, which is gone when it is closed.

    Raises:
        LookalikeError: the server cannot be reached, refuses, or there is no room.
    """
    filesystem, path = open_remote(uri)
    parts = _in_parts(filesystem)

    def attempt() -> IO[bytes]:
        try:
            with parts.open(path, "rb", block_size=BLOCK_BYTES) as file:
                size = getattr(file, "size", None)
                most = size or UNANNOUNCED_BYTES
                return unnamed_copy(file, f"ingest.source: {without_secrets(uri)}", size, most)
        except FileNotFoundError as error:  # what fsspec makes of every failure over HTTP
            raise error.__cause__ or error from None

    try:
        return _persistently(attempt, uri)
    except FileNotFoundError as error:
        raise out_of_reach(uri, error) from None


def unnamed_copy(
    stream: Stream, name: str, size: int | None = None, most: int | None = None
) -> IO[bytes]:
    """All of a stream in a temporary file on the disk of the cache folder, without a name there.

    Args:
        stream: what to copy.
        name: what to call it in an error.
        size: how many bytes there will be, where that is known.
        most: more than these are not taken.

    Raises:
        LookalikeError: there are more, or there is no room for them.
    """
    folder = cache_folder()
    copy = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed where it is used
    free = shutil.disk_usage(folder).free - RESERVE_BYTES
    taken, needed = 0, size or 0
    while needed <= free and (piece := stream.read(PIECE_BYTES)):
        taken += len(piece)
        if most is not None and taken > most:
            copy.close()
            raise LookalikeError(
                f"{name}: the server sends more than {most} bytes; download it by other means"
            )
        needed = max(needed, taken)
        if taken <= free:
            copy.write(piece)
    if needed > free:
        copy.close()
        raise LookalikeError(
            f"{name}: needs {needed} bytes or more on the disk of {folder}, and {max(0, free)} are "
            f"free beside a reserve of {RESERVE_BYTES}"
        )
    copy.seek(0)
    return copy


def cache_folder() -> Path:
    """Where temporary files go, on a disk with room for them."""
    folder = Layout(Path()).cache
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def out_of_reach(uri: str, error: Exception) -> LookalikeError:
    """One line for what a file system says when it cannot be read; it never holds a secret."""
    reason = " ".join(str(error).split()) or type(error).__name__
    advice = "check the address and the network, then run again"
    if isinstance(error, FileNotFoundError):
        reason, advice = "there is no such bucket, repository, folder or file", "check the address"
    elif isinstance(error, PermissionError) or "credentials" in reason.lower():
        advice = (
            "check the credentials (environment, .env or profile), and for a bucket whose reader "
            f"pays, {REQUEST_PAYER}=requester"
        )
    return LookalikeError(without_secrets(f"{uri}: {reason}; {advice}"))


def _may_pass(error: BaseException) -> bool:
    """True for what a second try may mend: a broken connection, a server in trouble."""
    return any(_is_passing(cause) for cause in _causes(error))


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status == TOO_MANY_REQUESTS or error.status >= SERVER_ERROR
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return bool(status == TOO_MANY_REQUESTS or status >= SERVER_ERROR)
    return isinstance(
        error, aiohttp.ClientError | TimeoutError | ConnectionError | FlexibleChecksumError
    )


def _code(error: BaseException) -> str | None:
    """What S3 calls an error."""
    details = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    return details.get("Code")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
