"""Which addresses webhooks may be posted to: the merchant's, on the open internet, and never our own network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from oms.errors import InvalidInput

MAX_URL = 2000
PORTS = frozenset({443, 8443})
"""Where HTTPS is served. Others are services that nobody means to post webhooks to."""


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint's address in parts; `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str


def target(url: str, *, private: bool = False, longest: int = MAX_URL) -> Target:
    """The parts of a URL that webhooks may be posted to; `private` on the local cloud, where plain HTTP will do.

    Raises:
        InvalidInput: says what is wrong with it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput("this is no URL", path="url") from None
    host = parts.hostname or ""
    problem = (
        (len(url) > longest and f"has more than {longest} characters")
        or (any(letter <= " " or letter == "\x7f" for letter in url) and "has spaces or control characters")
        or (parts.scheme not in ({"https", "http"} if private else {"https"}) and "must begin with https://")
        or (not host and "names no host")
        or ("@" in parts.netloc and "must not carry a user name or password: webhooks are signed")
        or (bool(parts.fragment) and "must not have a fragment")
        or (not private and port is not None and port not in PORTS and "must be served on port 443 or 8443")
        or (not private and _is_address(host) and not allowed([host]) and "is not on the open internet")
    )
    if problem:
        raise InvalidInput(f"the URL {problem}", path="url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def allowed(addresses: Iterable[str]) -> list[str]:
    """Those of a host's IP addresses that are on the open internet: not ours, not a neighbour's, not a cloud's inside.

    An IPv6 address that wraps an IPv4 one is judged by both.
    """
    return [address for address in addresses if _is_public(address)]


def _is_public(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if wrapped is not None and not wrapped.is_global:
            return False
        # 64:ff9b::/96 leads to IPv4 through a translator, whose inside may be ours (RFC 6052).
        if int(address) >> 32 == int(IPv6Address("64:ff9b::")) >> 32:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
