"""Connections to addresses that somebody else chose: only on the open internet, and only where the name led.

The name is resolved once and the connection goes to the address that was judged, so that a name which leads elsewhere
a moment later (DNS rebinding) leads nowhere. TLS is checked against the name all the same.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from oms.webhooks.target import Target, allowed

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool, Timeout


def private_allowed() -> bool:
    """Whether addresses may be on our own network: only on the local cloud, which has no other."""
    return os.environ.get("OMS_PRIVATE_WEBHOOKS") == "true"


class NotAllowedError(OSError):
    """The name leads only to addresses that nothing is sent to."""


def pool_to(to: Target, timeout: Timeout) -> HTTPConnectionPool:
    """Connections to the address that a target's name leads to now; nothing is tried again, no redirect is followed.

    Raises:
        NotAllowedError: the name leads nowhere on the open internet.
        OSError: nobody knows the name.
    """
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    address = _address(to)
    if to.scheme == "https":
        return HTTPSConnectionPool(
            address, to.port, timeout=timeout, retries=False, server_hostname=to.host, assert_hostname=to.host
        )
    return HTTPConnectionPool(address, to.port, timeout=timeout, retries=False)


def _address(to: Target) -> str:
    found = list(
        dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM))
    )
    open_ones = found if private_allowed() else allowed(found)
    if not open_ones:
        raise NotAllowedError(f"{to.host} is not on the open internet")
    return open_ones[0]


def host_header(to: Target) -> str:
    """What `Host` says: the connection itself only knows the address."""
    host = f"[{to.host}]" if ":" in to.host else to.host
    return host if to.port == {"https": 443, "http": 80}[to.scheme] else f"{host}:{to.port}"


def words(error: Exception) -> str:
    """What went wrong, short, and without the address of the connection."""
    told = {
        "NewConnectionError": "no connection",
        "ConnectTimeoutError": "no connection in time",
        "ReadTimeoutError": "no answer in time",
        "SSLError": "the certificate is not valid for this name",
        "gaierror": "the host's name is not known",
        "ProtocolError": "the connection broke off",
    }
    return told.get(type(error).__name__, str(error))
