"""Posting to addresses that somebody else chose: only on the open internet, never redirected, never long.

The name is resolved once and the connection goes to the address that was judged, so that a name which leads elsewhere
a moment later (DNS rebinding) leads nowhere. TLS is checked against the name all the same.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

from oms.webhooks.delivery import EXCERPT, Answer
from oms.webhooks.target import Target, allowed

CONNECT = 3.0
TIMEOUT = 10.0
"""Seconds for the whole answer: an endpoint takes an event and works on it afterwards."""

READ = 4096
"""Bytes of an answer that are read at all."""


def private_allowed() -> bool:
    """Whether endpoints may be on our own network: only on the local cloud, which has no other."""
    return os.environ.get("OMS_PRIVATE_WEBHOOKS") == "true"


def post(to: Target, body: str, headers: Mapping[str, str]) -> Answer:
    """Post a JSON text and say what was answered; status 0 and the reason when nothing was. Never raises for that."""
    began = time.monotonic()
    try:
        status, text, retry_after = _exchange(to, body, headers)
    except OSError as error:  # includes ours: see _address
        return Answer(status=0, text=_words(error), milliseconds=_since(began))
    return Answer(status=status, text=text, milliseconds=_since(began), retry_after=retry_after)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


class NotAllowedError(OSError):
    """The name leads only to addresses that nothing is posted to."""


def _address(to: Target) -> str:
    found = list(
        dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM))
    )
    open_ones = found if private_allowed() else allowed(found)
    if not open_ones:
        raise NotAllowedError(f"{to.host} is not on the open internet")
    return open_ones[0]


def _exchange(to: Target, body: str, headers: Mapping[str, str]) -> tuple[int, str, int | None]:
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
    from urllib3.exceptions import HTTPError

    address = _address(to)
    timeout = Timeout(connect=CONNECT, total=TIMEOUT)
    pool = (
        HTTPSConnectionPool(
            address, to.port, timeout=timeout, retries=False, server_hostname=to.host, assert_hostname=to.host
        )
        if to.scheme == "https"
        else HTTPConnectionPool(address, to.port, timeout=timeout, retries=False)
    )
    default = {"https": 443, "http": 80}[to.scheme]
    host = f"[{to.host}]" if ":" in to.host else to.host
    try:
        with pool:
            answer = pool.request(
                "POST",
                to.path,
                body=body.encode(),
                headers={**headers, "Host": host if to.port == default else f"{host}:{to.port}"},
                redirect=False,
                preload_content=False,
            )
            text = answer.read(READ, decode_content=False).decode(errors="replace")
            wait = answer.headers.get("Retry-After", "")
            answer.close()
    except HTTPError as error:
        raise OSError(_words(error)) from error
    return answer.status, text[:EXCERPT], int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else None  # noqa: PLR2004 - no wait that long is meant


def _words(error: Exception) -> str:
    """What went wrong, short, and without the address of the connection."""
    words = {
        "NewConnectionError": "no connection",
        "ConnectTimeoutError": f"no connection within {CONNECT:g} s",
        "ReadTimeoutError": f"no answer within {TIMEOUT:g} s",
        "SSLError": "the certificate is not valid for this name",
        "gaierror": "the host's name is not known",
        "ProtocolError": "the connection broke off",
    }
    return words.get(type(error).__name__, str(error))[:EXCERPT]
