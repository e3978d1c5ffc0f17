"""The network as channels' adapters see it: `oms.channels.connection.Http` over urllib3."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from oms.channels.connection import Reply, Request
from oms.errors import InvalidInput, Refused, Unavailable
from oms.platform.cache import Cache
from oms.platform.open_internet import NotAllowedError, host_header, pool_to, private_allowed, words
from oms.webhooks.target import Target, target

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

CONNECT = 3.0
TIMEOUT = 12.0
"""Seconds for the whole answer: no function has more than 29, and most work takes more than one call."""

MOST = 16 * 1024 * 1024
"""Bytes of an answer, unpacked. A page of a hundred large orders has about one million."""

LONGEST = 8000
"""Characters of an address. One that is signed beforehand, as platforms give out for files, has some two thousand."""

POOL_LIFE = 60
"""Seconds in which calls to one host share their connections; then its name is resolved and judged again."""

AGENT = "oms-channels/1"

_pools: Cache[tuple[str, str, int], HTTPConnectionPool] = Cache(seconds=POOL_LIFE, size=50)


class ChannelHttp:
    """Calls over the network: TLS is checked, redirects are not followed, and nothing is tried again."""

    def send(self, request: Request) -> Reply:
        """Make one call and return what was answered, whatever its status.

        Raises:
            Unavailable: there was no answer in time; whether the call was carried out is not known.
            Refused: the address is none that is called, or the answer has more than 16 MiB.
        """
        to = _target(request.url)
        try:
            return _exchange(to, request)
        except NotAllowedError as error:
            raise Refused(str(error)) from None
        except OSError as error:
            raise Unavailable(f"{to.host}: {words(error)}") from error


def _target(url: str) -> Target:
    try:
        return target(url, private=private_allowed(), longest=LONGEST)
    except InvalidInput as error:
        raise Refused(error.detail) from None


def _exchange(to: Target, request: Request) -> Reply:
    from urllib3.exceptions import HTTPError

    ends = time.monotonic() + TIMEOUT
    pool = _pool(to)
    given = {name.lower() for name in request.headers}
    usual = {"User-Agent": AGENT, "Accept-Encoding": "gzip"}
    headers = {name: value for name, value in usual.items() if name.lower() not in given}
    try:
        answer = pool.request(
            request.method,
            to.path,
            body=request.body or None,
            headers={**headers, **request.headers, "Host": host_header(to)},
            redirect=False,
            preload_content=False,
        )
        try:
            body = _body(answer, ends)
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
    except HTTPError as error:
        _pools.forget((to.scheme, to.host, to.port))
        raise OSError(words(error)) from error
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Reply(status=answer.status, headers=headers, body=body)


def _pool(to: Target) -> HTTPConnectionPool:
    from urllib3 import Timeout

    key = (to.scheme, to.host, to.port)
    return _pools.get(key) or _pools.put(key, pool_to(to, Timeout(connect=CONNECT, total=TIMEOUT)))


def _body(answer: BaseHTTPResponse, ends: float) -> bytes:
    """The body, piece by piece as it comes: whoever sends a byte a second is not listened to for ever."""
    body = bytearray()
    while piece := answer.read1(1 << 16, decode_content=True):
        body += piece
        if len(body) > MOST:
            raise Refused(f"the answer has more than {MOST} bytes")
        if time.monotonic() > ends:
            raise TimeoutError("the answer took too long")
    return bytes(body)
