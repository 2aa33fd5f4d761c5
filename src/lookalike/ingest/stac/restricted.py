"""Requests for the files of a catalog, whose links strangers have written.

A catalog on the open internet leads to nothing on a private network, whether by a link or by a
redirect; no catalog on a server leads to a file of this machine; and no answer is taken whole that
is larger than any catalog's.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pystac.link import HREF, Link
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError, InvalidURL
from urllib3 import Retry

from lookalike.core.public_address import Address, addresses_of, is_public
from lookalike.ingest.remote import is_remote

NOT_ON_THE_WEB = "a remote catalog leads to a file of this machine, or to no web server"
WEB = ("http", "https")
PRIVATE = "a catalog on the internet leads to an address of a private network"
MOST_BYTES = 64 * 2**20  # of an answer, unpacked; a page of a hundred items has about one megabyte
TOO_LARGE = f"the answer is larger than {MOST_BYTES // 2**20} MiB"


class RestrictedIO(StacApiIO):
    """Reads what a catalog leads to.

    Args:
        address: of the catalog.
        timeout: seconds for one answer.
        retries: of requests that fail.
        public: whether an address is on the open internet.
    """

    def __init__(
        self,
        address: str,
        timeout: float,
        retries: Retry,
        public: Callable[[Address], bool] = is_public,
    ) -> None:
        super().__init__(timeout=timeout)
        adapter = _Adapter(address, retries, public)
        self.session.mount("http://", adapter)
        self.session.mount("https://", adapter)

    def read_text(self, source: HREF, *args: Any, **kwargs: Any) -> str:
        """As `StacApiIO.read_text`, but nothing is opened on this machine."""
        if not isinstance(source, Link) and urlsplit(str(source)).scheme not in WEB:
            raise APIError(NOT_ON_THE_WEB)
        return super().read_text(source, *args, **kwargs)


class _Adapter(HTTPAdapter):
    """Sends a request, also one that a redirect asks for, unless it would leave the internet.

    Reads the answer, up to `MOST_BYTES`.
    """

    def __init__(self, address: str, retries: Retry, public: Callable[[Address], bool]) -> None:
        super().__init__(max_retries=retries)
        self._public = public
        self._is_restricted = is_remote(address) and self._is_public(address)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if self._is_restricted and not self._is_public(request.url or ""):
            raise InvalidURL(PRIVATE)
        response = super().send(request, *args, **kwargs)
        content = bytearray()
        for part in response.iter_content(2**16):
            content += part
            if len(content) > MOST_BYTES:
                response.close()
                raise ContentDecodingError(TOO_LARGE)
        response._content = bytes(content)  # what `response.content` gives
        return response

    def _is_public(self, url: str) -> bool:
        """Whether its host stands for nothing private; names not known here are left to a proxy."""
        return all(map(self._public, addresses_of(urlsplit(url).hostname or "")))
