"""Whether an address is on the open internet: what strangers name must not lead into a network."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
# The last 32 bits are an IPv4 address: RFC 6052, and RFC 4291, 2.5.5.1.
WITH_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


def is_public(address: Address) -> bool:
    """Whether an address is on the open internet; so has to be one that is inside of another."""
    inner: Address | None = None
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.is_site_local:  # RFC 3879: no longer, and yet never elsewhere
            return False
        if any(address in network for network in WITH_IPV4):
            inner = IPv4Address(int(address) & (2**32 - 1))
    return address.is_global and not address.is_multicast and (inner is None or is_public(inner))


def addresses_of(host: str) -> list[Address]:
    """The addresses of a host name; none where it cannot be resolved."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ip_address(entry[4][0]) for entry in found]
