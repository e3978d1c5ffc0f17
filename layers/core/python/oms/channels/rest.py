"""Calls to a platform's REST interface: JSON whose decimals stay what they are, and answers as our errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from oms.channels.connection import Connection, Reply, Request
from oms.errors import Refused, Throttled, Unavailable

Query = Iterable[tuple[str, str]]

_TOO_MANY = 429
_TROUBLE = 500
_ELSEWHERE = range(300, 400)
_PASSING = frozenset({408, 423, 425})
"""Refusals that are over in a moment: too slow, locked, too early."""
_NO_ENTRY = frozenset({401, 403})
_TOLD = 200
"""Characters of a platform's words that an error repeats."""


def call(
    connection: Connection,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | Callable[[Request], Mapping[str, str]],
    query: Query = (),
    body: object = None,
    reset: tuple[str, float] = ("retry-after", 1),
    wanted: Container[int] = (),
) -> Reply:
    """The platform's answer when it has one: what was asked for, or why it will not (4xx).

    `headers` may be made of the request, for platforms whose calls are signed. `reset` names the header that tells
    how long to wait, and how many of its units make a second. Statuses in `wanted` are no trouble to the caller.

    Raises:
        Unavailable: no answer, or trouble on the other side.
        Throttled: asked too often.
        Refused: the key is not good for this, or the address is another one.
    """
    told = urlencode(list(query), quote_via=quote)
    sent = Request(
        method=method,
        url=f"{url}?{told}" if told else url,
        headers={"Accept": "application/json", **({} if body is None else {"Content-Type": "application/json"})},
        body=b"" if body is None else written(body),
    )
    keys = headers(sent) if callable(headers) else headers
    reply = connection.http.send(replace(sent, headers={**sent.headers, **keys}))
    platform = connection.channel.platform
    if reply.status == _TOO_MANY:
        raise Throttled(f"{platform} is asked too often", seconds=_seconds(reply.headers.get(reset[0], ""), reset[1]))
    if reply.status in wanted:
        return reply
    if reply.status >= _TROUBLE or reply.status in _PASSING:
        raise Unavailable(f"{platform} answered {reply.status}")
    if reply.status in _NO_ENTRY:
        raise Refused(f"{platform} does not let us in ({reply.status}): look at the channel's keys and their scopes")
    if reply.status in _ELSEWHERE:
        raise Refused(f"{platform} answers at another address ({reply.status}): look at the channel's api_url")
    return reply


def content(reply: Reply) -> Any:
    """What an answer says, with decimals as `Decimal`; None when it says nothing.

    Raises:
        Unavailable: it is no JSON, as when something on the way answers in the platform's place.
    """
    if not reply.body.strip():
        return None
    try:
        return json.loads(reply.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Unavailable(f"the answer ({reply.status}) is not JSON") from None


def written(value: object) -> bytes:
    """JSON in which a `Decimal` stands as a number, digit for digit."""
    text = json.dumps(value, default=_marked, separators=(",", ":"))
    return _MARKED.sub(r"\1", text).encode()


_MARKED = re.compile(r'"\\u0000(-?[0-9]+(?:\.[0-9]+)?)"')


def _marked(value: object) -> str:
    if isinstance(value, Decimal):
        return f"\0{value:f}"
    raise TypeError(type(value).__name__)


def refused(reply: Reply, what: str) -> Refused:
    """Why the platform did not do something, in its own words as far as they are short."""
    return Refused(f"{what} was refused ({reply.status}): {_words(reply)}")


def _words(reply: Reply) -> str:
    """What an error document says, whichever of the usual members it says it in."""
    try:
        said: Any = content(reply)
    except Unavailable:
        return "no reason given"
    while isinstance(said, list) and said:
        said = said[0]
    if isinstance(said, dict):
        said = next((said[name] for name in ("title", "message", "error") if said.get(name)), said)
    return " ".join(str(said).split())[:_TOLD] if said else "no reason given"


def _seconds(text: str, units: float) -> float:
    try:
        return max(0.0, float(text) / units)
    except ValueError:
        return 0
