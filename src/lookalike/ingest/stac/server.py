"""A STAC server: an API with a search, or the JSON files of a static catalog."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from pystac_client import Client
from pystac_client.exceptions import APIError
from requests import Request
from urllib3 import Retry

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import parse_json
from lookalike.core.public_address import Address, is_public
from lookalike.core.secrets import without_secrets
from lookalike.ingest.remote import is_remote
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.catalog import read_local_json
from lookalike.ingest.stac.complete_item import complete_item
from lookalike.ingest.stac.restricted import (
    NOT_ON_THE_WEB,
    REASONS,
    RestrictedIO,
    Surroundings,
)

TOKEN = "STAC_API_TOKEN"
NOT_JSON = "is not STAC: the answer is not JSON"
TIMEOUT = 60.0  # seconds for one answer
PAGE_ITEMS = 100
RETRIES = Retry(
    total=5,
    connect=2,
    backoff_factor=0.5,
    status_forcelist=(408, 429, 500, 502, 503, 504),
    allowed_methods=None,  # a search that is posted changes nothing either
    raise_on_status=False,
)


class StacServer:
    """Where a catalog is, with the token of the environment: it is sent to no other server.

    Args:
        address: URL of an API or of a catalog's topmost file; or a local path, from which links
            may lead to other local files and to servers.
        public: whether an address is on the open internet; see `Surroundings`.

    Attributes:
        surroundings: where what it names may lead to.
    """

    def __init__(self, address: str, public: Callable[[Address], bool] = is_public) -> None:
        self._address = address
        self._name = without_secrets(address)
        self._token = os.environ.get(TOKEN)
        self.surroundings = Surroundings(address, public)
        self._io = RestrictedIO(self.surroundings, TIMEOUT, RETRIES)
        self._io.update(request_modifier=self._authorize, timeout=TIMEOUT)

    def read(self, href: str) -> Any:
        """The JSON at an address.

        Raises:
            UnreadableError: it cannot be had.
        """
        if not is_remote(href):
            if is_remote(self._address):
                raise UnreadableError(NOT_ON_THE_WEB)
            return read_local_json(href)
        try:
            return parse_json(self.read_text(href))
        except ValueError:
            raise UnreadableError(NOT_JSON) from None

    def read_text(self, href: str) -> str:
        """The text at an address on the web.

        Raises:
            UnreadableError: it cannot be had.
        """
        try:
            return self._io.read_text(href)
        except APIError as error:
            raise UnreadableError(self._reason(error)) from None

    def is_api(self) -> bool:
        """True where the address offers a search.

        Raises:
            LookalikeError: it cannot be read, or is not STAC.
        """
        try:
            landing = self.read(self._address)
            return any(link["rel"] == "search" for link in landing["links"])
        except UnreadableError as error:
            raise LookalikeError(f"{self._name}: {error}") from None
        except (LookupError, TypeError):
            raise LookalikeError(f"{self._name}: is not STAC") from None

    def search(self, collections: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield every item of an API, page by page.

        Args:
            collections: their ids; none: all.

        Raises:
            LookalikeError: the API refuses, fails, or does not answer in STAC.
        """
        try:
            client = Client.open(
                self._address,
                stac_io=self._io,
                request_modifier=self._authorize,
                timeout=TIMEOUT,
            )
            client.add_conforms_to("ITEM_SEARCH")
            found = client.search(collections=list(collections) or None, limit=PAGE_ITEMS)
            for page in _without_circles(found.pages_as_dicts()):
                for content in page["features"]:
                    own = (link["href"] for link in content["links"] if link["rel"] == "self")
                    yield complete_item(content, next(own, None))
        except LookalikeError as error:
            raise LookalikeError(f"{self._name}: {error}") from None
        except APIError as error:
            raise LookalikeError(f"{self._name}: {self._reason(error)}") from None
        except UnreadableError as error:
            raise LookalikeError(f"{self._name}: an item {error}") from None
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            raise LookalikeError(f"{self._name}: its search does not answer in STAC") from None

    def _authorize(self, request: Request) -> Request:
        if self._token and _origin(str(request.url)) == _origin(self._address):
            request.headers = {**request.headers, "Authorization": f"Bearer {self._token}"}
        return request

    def _reason(self, error: APIError) -> str:
        if str(error) in REASONS:
            return str(error)
        status = getattr(error, "status_code", None)
        if status in (401, 403):
            if self._token:
                return f"the server refuses the token in {TOKEN} ({status})"
            return f"the server asks for a token ({status}): put it into {TOKEN}"
        if status == 404:
            return "there is nothing at this address (404)"
        if isinstance(error.__context__, UnicodeError):
            return NOT_JSON
        if status is None:
            return "cannot be reached; check the address and the network"
        return f"the server answers {status}; try again later"


def _without_circles(pages: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The pages of a search.

    Raises:
        LookalikeError: one leads to a page that has been, or brings nothing but items that have.
    """
    followed: set[str] = set()
    found: set[tuple[str, str]] = set()
    for page in pages:
        items = {(str(item.get("collection")), str(item.get("id"))) for item in page["features"]}
        following = [
            json.dumps(link, sort_keys=True)
            for link in page.get("links", [])
            if link["rel"] == "next"
        ]
        if items <= found or followed & {*following[:1]}:
            raise LookalikeError("the pages of its search lead in a circle")
        found |= items
        followed.update(following[:1])
        yield page


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]
