"""Files on other machines, through fsspec: S3, Google Cloud, Azure, HTTP."""

import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

import aiohttp
import fsspec
from fsspec import AbstractFileSystem
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout

# fsspec's own names for what DVC spells otherwise, and the extras that bring what is not built in.
PROTOCOLS = {"azure": "abfs"}
EXTRAS = {"gs": "gs", "abfs": "azure"}
OPTIONS: dict[str, dict[str, Any]] = {
    # Standard retries wait longer after each refusal. One object is not read in parallel parts:
    # objects are, and asking for its size first would double the requests.
    "s3": {
        "config_kwargs": {"retries": {"mode": "standard", "max_attempts": 5}},
        "max_concurrency": 1,
    },
}
BLOCK_BYTES = 8 * 2**20

# s3fs tries again by itself; what comes from HTTP directly does not.
ATTEMPTS = 5
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500


def is_remote(uri: str) -> bool:
    """True for `protocol://…`."""
    return "://" in uri


def open_remote(uri: str) -> tuple[AbstractFileSystem, str]:
    """The file system that a URI is on, and the path there. Nothing is asked of it yet.

    Raises:
        LookalikeError: the protocol is not known, or needs an extra.
    """
    protocol, _, rest = uri.partition("://")
    protocol = PROTOCOLS.get(protocol, protocol)
    options = OPTIONS.get(protocol, {})
    try:
        filesystem, path = fsspec.url_to_fs(
            f"{protocol}://{rest}", use_listings_cache=False, **options
        )
    except ImportError:
        extra = EXTRAS.get(protocol)
        how = f": pip install 'lookalike[{extra}]'" if extra else ""
        raise LookalikeError(f"{uri}: {protocol}:// needs another package{how}") from None
    except ValueError:
        raise LookalikeError(
            f"{uri}: {protocol}:// is not known; there are s3://, gs://, azure:// and https://"
        ) from None
    return filesystem, path


def read_remote(filesystem: AbstractFileSystem, path: str, uri: str) -> bytes:
    """The bytes of one file.

    Raises:
        FileNotFoundError: it is not there.
        LookalikeError: the server cannot be reached or refuses, several times in a row.
    """
    try:
        for attempt in _attempts():
            with attempt:
                data: bytes = filesystem.cat_file(path)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise out_of_reach(uri, error) from None
    return data


def local_copy(uri: str) -> IO[bytes]:
    """Copy a file into one without a name, which is gone when it is closed.

    Raises:
        LookalikeError: the server cannot be reached, refuses, or there is no room.
    """
    filesystem, path = open_remote(uri)
    copy = unnamed_file()
    try:
        for attempt in _attempts():
            with attempt:
                _copy(filesystem, path, copy)
    except Exception as error:
        raise out_of_reach(uri, error) from None
    copy.seek(0)
    return copy


def _copy(filesystem: AbstractFileSystem, path: str, copy: IO[bytes]) -> None:
    copy.seek(0)
    copy.truncate()
    try:
        with filesystem.open(path, "rb", block_size=BLOCK_BYTES) as file:
            shutil.copyfileobj(file, copy, BLOCK_BYTES)
    except FileNotFoundError as error:  # what fsspec makes of every failure over HTTP
        raise error.__cause__ or error from None


def unnamed_file() -> IO[bytes]:
    """A temporary file on the disk of the cache folder, without a name there."""
    folder = Layout(Path()).cache
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


def out_of_reach(uri: str, error: Exception) -> LookalikeError:
    """One line for what a file system says when it cannot be read; it never holds a secret."""
    reason = " ".join(str(error).split()) or type(error).__name__
    advice = "check the address and the network, then run again"
    if isinstance(error, FileNotFoundError):
        reason, advice = "there is no such bucket, folder or file", "check the address"
    elif isinstance(error, PermissionError) or "credentials" in reason.lower():
        advice = "check the credentials (environment, .env or profile)"
    return LookalikeError(f"{uri}: {reason}; {advice}")


def _attempts() -> Retrying:
    return Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(multiplier=0.2, max=10),
        retry=retry_if_exception(_may_pass),
        reraise=True,
    )


def _may_pass(error: BaseException) -> bool:
    """True for what a second try may mend: a broken connection, a server in trouble."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status == TOO_MANY_REQUESTS or error.status >= SERVER_ERROR
    return isinstance(error, aiohttp.ClientError | TimeoutError | ConnectionError)
