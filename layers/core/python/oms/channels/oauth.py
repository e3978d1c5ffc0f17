"""Calls to platforms that give out short-lived access tokens for a refresh token, as OAuth 2.0 (RFC 6749) has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from oms.channels.connection import Connection, Reply, Request, Token
from oms.channels.rest import content
from oms.errors import Refused, Throttled, Unavailable

ACCESS = "access"
"""The access token's name among the tokens of a connection."""

SPARE = timedelta(minutes=1)
"""A token that ends within this is fetched anew: it would end on the way."""

NOT_IN_TIME = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
"""Statuses below 500 after which the same call may be made again."""


def send(connection: Connection, question: Callable[[str], Request], grant: Callable[[], Request]) -> Reply:
    """Ask with an access token, and once more with a new one when the platform no longer takes the one that we have.

    `question` makes the request for a token, `grant` the request for the token itself.

    Raises:
        Unavailable: no answer; ask again.
        Refused: the platform gives no token.
    """
    known = connection.tokens.get(ACCESS)
    if known and known.expires_at - SPARE > connection.clock():
        reply = connection.http.send(question(known.text))
        if reply.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return reply
    return connection.http.send(question(_new_token(connection, grant())))


def refresh(url: str, fields: Mapping[str, str], **headers: str) -> Request:
    """The request that turns a refresh token into an access token."""
    form = {"grant_type": "refresh_token", **fields}
    named = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return Request(method="POST", url=url, headers=named, body=urlencode(form).encode())


def key(connection: Connection, name: str) -> str:
    """A key of the channel's secret.

    Raises:
        Refused: nobody set it up.
    """
    found = connection.secret.get(name, "")
    if not found:
        raise Refused(f"channel {connection.channel.channel_id} has no {name}: set its secret up")
    return found


def checked(reply: Reply, who: str, *, wait: float = 0, reason: str = "") -> Reply:
    """The reply of a call that was carried out; `reason` is what the platform says of one that was not.

    Raises:
        Throttled: asked too often; `wait` are the seconds to wait when the reply names none.
        Unavailable: the platform has trouble of its own; ask again.
        Refused: it will not do it.
    """
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(f"{who} is asked too often", seconds=_seconds(reply.headers.get("retry-after", ""), wait))
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status in NOT_IN_TIME:
        raise Unavailable(f"{who} answered {reply.status}")
    if reply.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise Refused(f"{who} answered {reply.status}" + (f": {reason}" if reason else ""))
    return reply


def told(reply: Reply) -> dict[str, Any]:
    """What a reply says of a call that failed; nothing when it is no JSON object."""
    try:
        body = content(reply)
    except Unavailable:
        return {}
    return body if isinstance(body, dict) else {}


def _new_token(connection: Connection, request: Request) -> str:
    connection.tokens.pop(ACCESS, None)
    reply = connection.http.send(request)
    body = told(reply)
    checked(reply, "the token service", reason=f"{str(body.get('error', ''))[:50]}: authorise the application again")
    text = body.get("access_token")
    if not isinstance(text, str) or not text:
        raise Unavailable("the token service answered without a token")
    lasts = body.get("expires_in")
    seconds = lasts if isinstance(lasts, int) else 0
    connection.tokens[ACCESS] = Token(text, connection.clock() + timedelta(seconds=seconds))
    return text


def _seconds(text: str, otherwise: float) -> float:
    try:
        return max(float(text), 0)
    except ValueError:
        return otherwise
