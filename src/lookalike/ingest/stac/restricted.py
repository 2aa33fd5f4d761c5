"""Requests for the files of a catalog, whose links strangers have written.

A catalog on the open internet leads to nothing on a private network, whether by a link, by the
address of an asset, by a redirect or by a name that is looked up once more; no catalog on a server
leads to a file of this machine; and no answer is taken whole that is larger than any catalog's, nor
answers without end.
"""

import socket
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pystac.link import HREF, Link
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError, InvalidURL
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationValueError

from lookalike.core.public_address import Address, addresses_of, is_public
from lookalike.ingest.remote import is_remote
from lookalike.ingest.stac.catalog import MOST_BYTES

NOT_ON_THE_WEB = "a remote catalog leads to a file of this machine, or to no web server"
WEB = ("http", "https")
PRIVATE = "a catalog on the internet leads to an address of a private network"
TOO_LARGE = f"the answer is larger than {MOST_BYTES // 2**20} MiB"
MOST_BYTES_IN_ALL = 2**30  # of all answers
ENDLESS = (
    f"it sends more than {MOST_BYTES_IN_ALL // 2**20} MiB in all; choose fewer of its collections"
)
REASONS = (NOT_ON_THE_WEB, PRIVATE, TOO_LARGE, ENDLESS)


class Surroundings:
    """Where the addresses that a catalog names may lead to.

    Args:
        address: of the catalog.
        public: whether an address is on the open internet.
    """

    def __init__(self, address: str, public: Callable[[Address], bool] = is_public) -> None:
        self._public = public
        self._is_public_host = cache(self._look_up)
        self._is_restricted = is_remote(address) and self._is_web_public(address)

    def allow(self, href: str) -> bool:
        """Whether a request may go to an address; names not known here are left to a proxy."""
        return not self._is_restricted or self._is_web_public(href)

    def allow_connection(self, connection: socket.socket) -> bool:
        """Whether one may be used: a name may stand for another address than before."""
        if not self._is_restricted or connection.family not in {socket.AF_INET, socket.AF_INET6}:
            return True
        host: str = connection.getpeername()[0]
        return self._public(ip_address(host))

    def _is_web_public(self, href: str) -> bool:
        try:
            parts = urlsplit(href)
            return parts.scheme.lower() not in WEB or self._is_public_host(parts.hostname or "")
        except ValueError:  # brackets that hold no address
            return False

    def _look_up(self, host: str) -> bool:
        name = host.lower().removesuffix(".")
        if name.split(".")[-1] == "localhost":  # RFC 6761, also where it cannot be looked up
            name = "localhost"
        return all(map(self._public, addresses_of(name)))


class RestrictedIO(StacApiIO):
    """Reads what a catalog leads to.

    Args:
        surroundings: where it may lead to.
        timeout: seconds for one answer.
        retries: of requests that fail.
    """

    def __init__(self, surroundings: Surroundings, timeout: float, retries: Retry) -> None:
        super().__init__(timeout=timeout)
        adapter = _Adapter(surroundings, retries)
        self.session.mount("http://", adapter)
        self.session.mount("https://", adapter)

    def read_text(self, source: HREF, *args: Any, **kwargs: Any) -> str:
        """As `StacApiIO.read_text`, but nothing is opened on this machine."""
        if not isinstance(source, Link) and urlsplit(str(source)).scheme not in WEB:
            raise APIError(NOT_ON_THE_WEB)
        return super().read_text(source, *args, **kwargs)


class _Adapter(HTTPAdapter):
    """Sends a request, also one that a redirect asks for, unless it would leave the internet.

    Reads the answer, up to `MOST_BYTES`, and no more than `MOST_BYTES_IN_ALL`.
    """

    def __init__(self, surroundings: Surroundings, retries: Retry) -> None:
        self._surroundings = surroundings
        self._read = 0
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._surroundings)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if not self._surroundings.allow(request.url or ""):
            raise InvalidURL(PRIVATE)
        try:
            response = super().send(request, *args, **kwargs)
        except LocationValueError as error:
            raise InvalidURL(str(error)) from None
        content = bytearray()
        for part in response.iter_content(2**16):
            content += part
            self._read += len(part)
            if len(content) > MOST_BYTES or self._read > MOST_BYTES_IN_ALL:
                response.close()
                raise ContentDecodingError(TOO_LARGE if len(content) > MOST_BYTES else ENDLESS)
        response._content = bytes(content)  # what `response.content` gives
        return response


def _pools(surroundings: Surroundings) -> dict[str, type[HTTPConnectionPool]]:
    """What makes connections, and asks of each whether it may be used before anything is sent."""

    def checked(connection: socket.socket) -> socket.socket:
        if not surroundings.allow_connection(connection):
            connection.close()
            raise LocationValueError(PRIVATE)
        return connection

    class CheckedHttp(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return checked(super()._new_conn())

    class CheckedHttps(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return checked(super()._new_conn())

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = CheckedHttp

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = CheckedHttps

    return {"http": HttpPool, "https": HttpsPool}
