"""IP addresses as text, written in one way."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

# What one subscriber is given of IPv6 (RFC 6177): inside it, addresses are had for nothing.
IPV6_SUBSCRIBER: Final = 64


@lru_cache(maxsize=1024)
def parsed_address(text: str | None) -> IPv4Address | IPv6Address | None:
    """Read an address, None for what is none; an IPv4 one that came over an IPv6 socket is IPv4."""
    try:
        found = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=1024)
def neighbourhood(text: str | None) -> str:
    """Return what counts as one client where clients are counted: an IPv4 address, or a network of IPv6."""
    address = parsed_address(text)
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(ip_network((address, IPV6_SUBSCRIBER), strict=False))
    return str(address or text or "")
