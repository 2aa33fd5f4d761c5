"""Requests to other machines: repeated where that may help, else one line on what went wrong."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from botocore.exceptions import ClientError, FlexibleChecksumError
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.secrets import without_secrets
from lookalike.ingest.source import UnreadableError

REQUEST_PAYER = "AWS_REQUEST_PAYER"
# s3fs tries again by itself, but not after everything; what comes from HTTP directly does not.
ATTEMPTS = 5
PATIENCE = 300.0  # seconds after which no further attempt begins
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
ARCHIVED = "InvalidObjectState"  # S3 Glacier: https://docs.aws.amazon.com/AmazonS3/latest/API

Taken = TypeVar("Taken")


def persistently(attempt: Callable[[], Taken], uri: str) -> Taken:
    """The result of an attempt, repeated as long as its failure may pass.

    Raises:
        FileNotFoundError: the file is not there.
        UnreadableError: it is archived.
        LookalikeError: the server cannot be reached or refuses, several times in a row.
    """
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


def out_of_reach(uri: str, error: Exception) -> LookalikeError:
    """One line for what a file system says when it cannot be read; it never holds a secret."""
    reason = one_line(error, None)
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
    """True for what a second try may fix: a broken connection, a server in trouble."""
    return any(_is_passing(cause) for cause in _causes(error))


def _is_passing(error: BaseException) -> bool:
    import aiohttp  # takes a tenth of a second, and most readings never fail

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
