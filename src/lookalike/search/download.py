"""Images on web servers: fetched with bounds on bytes and time, from `http` and `https` alone."""

import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from importlib.metadata import version
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from lookalike.core.errors import QueryError

SILENCE = 20.0  # seconds without a byte
SECONDS = 120.0  # for the whole of it
PIECE = 2**16
# What an address may hold as it is; `%` too, so that what is encoded already stays so
AS_IT_IS = "%/?:@!$&'()*+,;=~[]"


@dataclass(frozen=True)
class Url:
    """An image on a web server, by its address: `http://…` or `https://…`."""

    address: str


def is_web_address(text: str) -> bool:
    """Whether a text is the address of something on a web server."""
    return text.lower().startswith(("http://", "https://"))


def download(url: Url, name: str, max_bytes: int) -> bytes:
    """The bytes at an address; redirects are followed, to web servers only.

    Args:
        url: the address.
        name: what messages call it.
        max_bytes: refuse more.

    Raises:
        QueryError: it cannot be had within the bounds.
    """
    try:
        with _opener().open(_request(url, name), timeout=SILENCE) as response:
            return _body(response, name, max_bytes)
    except HTTPError as error:
        error.close()
        raise QueryError(f"{name}: cannot be downloaded: the server answers {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:  # URLError is an OSError
        reason = error.reason if isinstance(error, URLError) else error
        line = " ".join(str(getattr(reason, "strerror", None) or reason).split())
        raise QueryError(f"{name}: cannot be downloaded ({line[:200]})") from None


def _request(url: Url, name: str) -> Request:
    if not is_web_address(url.address):
        raise QueryError(f"{name}: is no http or https address")
    parts = urlsplit(url.address)
    if parts.username is not None:
        raise QueryError(f"{name}: an address with a user or password is not searched for")
    address = urlunsplit(
        (
            parts.scheme,
            parts.netloc.encode("idna").decode(),
            quote(parts.path, safe=AS_IT_IS),
            quote(parts.query, safe=AS_IT_IS),
            "",
        )
    )
    return Request(address, headers={"User-Agent": f"lookalike/{version('lookalike')}"})


def _opener() -> OpenerDirector:
    """Speaks HTTP alone: the usual opener also reads files and FTP, where a server may lead."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler,
        UnknownHandler,
        HTTPHandler,
        HTTPSHandler,
        HTTPDefaultErrorHandler,
        HTTPRedirectHandler,
        HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener


def _body(response: HTTPResponse, name: str, max_bytes: int) -> bytes:
    end = time.monotonic() + SECONDS
    promised = response.length
    data = bytearray()
    while piece := response.read1(PIECE):
        data += piece
        if max(len(data), promised or 0) > max_bytes:
            raise QueryError(f"{name}: cannot be searched for: more than {max_bytes} bytes")
        if time.monotonic() > end:
            raise QueryError(f"{name}: cannot be downloaded: takes more than {SECONDS:.0f} seconds")
    if promised is not None and len(data) < promised:
        raise QueryError(f"{name}: cannot be downloaded: it ends after {len(data)} bytes")
    return bytes(data)
