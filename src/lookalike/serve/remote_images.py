"""Images on other servers: only on hosts that are allowed, and never on this network.

The address that a name stands for is looked up once, checked, and then connected to, so that no
second look-up can give another one.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import httpx

from lookalike.core.errors import QueryError, one_line
from lookalike.core.public_address import Address, is_public

PORTS = {"http": 80, "https": 443}


async def fetch_image(
    url: str,
    hosts: Sequence[str],
    max_bytes: int,
    seconds: float,
    allowed: Callable[[Address], bool] = is_public,
) -> bytes:
    """What a server answers to a GET request; redirects are not followed.

    Args:
        url: an address of http or https.
        hosts: the names that it may have.
        max_bytes: refuse a larger file.
        seconds: for all of it.
        allowed: which addresses may be connected to.

    Raises:
        QueryError: the URL is not allowed, or nothing is to be had there.
    """
    where = _checked(url, hosts)
    try:
        async with asyncio.timeout(seconds):
            address = await _resolved(where, allowed)
            return await _get(where, address, max_bytes)
    except TimeoutError:
        raise QueryError(f"url: {where.host} did not answer within {seconds:g} seconds") from None
    except httpx.HTTPError as error:
        reason = one_line(error)
        raise QueryError(f"url: {where.host} cannot be read ({reason})") from None


def _checked(url: str, hosts: Sequence[str]) -> httpx.URL:
    try:
        where = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise QueryError("url: is no URL") from None
    if where.scheme not in PORTS or where.userinfo:
        raise QueryError("url: should begin with https:// or http://, and name no user")
    if where.host not in map(str.lower, hosts):
        raise QueryError(f"url: images of the host {where.host!r:.100} are not allowed here")
    return where


async def _resolved(where: httpx.URL, allowed: Callable[[Address], bool]) -> Address:
    port = where.port or PORTS[where.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            where.host, port, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError):
        raise QueryError(f"url: there is no host {where.host!r:.100}") from None
    addresses = [ip_address(entry[4][0]) for entry in found]
    if not all(map(allowed, addresses)):
        raise QueryError(f"url: {where.host!r:.100} is an address of a private network")
    return addresses[0]


async def _get(where: httpx.URL, address: Address, max_bytes: int) -> bytes:
    connected = where.copy_with(host=str(address))
    headers = {"Host": where.netloc.decode("ascii"), "Accept": "image/*"}
    extensions = {"sni_hostname": where.host}  # whose certificate the server has to show
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False) as client,
        client.stream("GET", connected, headers=headers, extensions=extensions) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise QueryError(f"url: {where.host} answers {response.status_code}")
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > max_bytes:
                raise QueryError(f"url: the image has more than {max_bytes} bytes")
        return bytes(content)
