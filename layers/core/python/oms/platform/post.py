"""Posting webhooks to addresses that somebody else chose: only on the open internet, never redirected, never long."""

from __future__ import annotations

import time
from collections.abc import Mapping

from oms.platform.open_internet import host_header, pool_to, words
from oms.webhooks.delivery import EXCERPT, Answer
from oms.webhooks.target import Target

CONNECT = 3.0
TIMEOUT = 10.0
"""Seconds for the whole answer: an endpoint takes an event and works on it afterwards."""

READ = 4096
"""Bytes of an answer that are read at all."""


def post(to: Target, body: str, headers: Mapping[str, str]) -> Answer:
    """Post a JSON text and say what was answered; status 0 and the reason when nothing was. Never raises for that."""
    began = time.monotonic()
    try:
        status, text, retry_after = _exchange(to, body, headers)
    except OSError as error:
        return Answer(status=0, text=words(error)[:EXCERPT], milliseconds=_since(began))
    return Answer(status=status, text=text, milliseconds=_since(began), retry_after=retry_after)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _exchange(to: Target, body: str, headers: Mapping[str, str]) -> tuple[int, str, int | None]:
    from urllib3 import Timeout
    from urllib3.exceptions import HTTPError

    pool = pool_to(to, Timeout(connect=CONNECT, total=TIMEOUT))
    try:
        with pool:
            answer = pool.request(
                "POST",
                to.path,
                body=body.encode(),
                headers={**headers, "Host": host_header(to)},
                redirect=False,
                preload_content=False,
            )
            text = answer.read(READ, decode_content=False).decode(errors="replace")
            wait = answer.headers.get("Retry-After", "")
            answer.close()
    except HTTPError as error:
        raise OSError(words(error)) from error
    return answer.status, text[:EXCERPT], int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else None  # noqa: PLR2004 - no wait that long is meant
