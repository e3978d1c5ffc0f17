"""Calls to eBay's REST APIs: what is asked, under which key, and what its answers mean.

Source: eBay "Using a refresh token to update a User access token", "HTTP request headers" and "API call limits". The
Post-Order API is older than the others and wants the same token under another name.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from oms.channels import oauth
from oms.channels.connection import Connection, Reply, Request
from oms.errors import Unavailable

ORDERS = "/sell/fulfillment/v1/order"
CANCELLATIONS = "/post-order/v2/cancellation"
INVENTORY = "/sell/inventory/v1"

SCOPES = (
    "https://api.ebay.com/oauth/api_scope https://api.ebay.com/oauth/api_scope/sell.fulfillment"
    " https://api.ebay.com/oauth/api_scope/sell.inventory https://api.ebay.com/oauth/api_scope/sell.finances"
)
"""What the token is for; the seller has to have agreed to each."""

WAIT = 60.0
"""Seconds to wait when a call is refused because there were too many, and eBay does not say how long."""


Sign = Callable[[Connection, Request], Request]


def _unsigned(_connection: Connection, request: Request) -> Request:
    return request


def ask(
    connection: Connection,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: object = None,
    later: frozenset[int] = frozenset(),
    sign: Sign = _unsigned,
) -> Reply:
    """The answer to a call. One of 404 to a question is an answer: what was asked for is not there.

    `later` are eBay's numbers of errors that are over when something else is done, `sign` adds what a call needs that
    is about money.

    Raises:
        Throttled: too many calls; says when to ask again.
        Unavailable: no answer, or trouble on the other side; ask again.
        Refused: eBay will not do it, or does not let us in.
    """
    url = connection.channel.api_url + path + (f"?{urlencode(query)}" if query else "")
    raw = b"" if body is None else json.dumps(body).encode()
    scheme = "IAF" if path.startswith(CANCELLATIONS) else "Bearer"
    named = {"Accept": "application/json", **({"Content-Type": "application/json"} if raw else {})}
    if raw and path.startswith(INVENTORY):
        named["Content-Language"] = "en-US"
    if connection.channel.account:
        named["X-EBAY-C-MARKETPLACE-ID"] = connection.channel.account

    def question(token: str) -> Request:
        headers = {**named, "Authorization": f"{scheme} {token}"}
        return sign(connection, Request(method=method, url=url, headers=headers, body=raw))

    reply = oauth.send(connection, question, lambda: _grant(connection))
    if reply.status == HTTPStatus.NOT_FOUND and method == "GET":
        return reply
    if later & {each.get("errorId") for each in _errors(reply)}:
        raise Unavailable(f"eBay is not ready for it: {reason(reply)}")
    return oauth.checked(reply, "eBay", wait=WAIT, reason=reason(reply))


def reason(reply: Reply) -> str:
    """What eBay says went wrong."""
    return "; ".join(f"{each.get('errorId', '')} {each.get('message', '')}".strip() for each in _errors(reply)[:3])[
        :300
    ]


def iso(at: datetime) -> str:
    """An instant as eBay writes it, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _errors(reply: Reply) -> list[dict[str, Any]]:
    told = oauth.told(reply)
    errors = told.get("errors") or told.get("error")  # the older API has the other name
    return [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []


def _grant(connection: Connection) -> Request:
    name, secret = oauth.key(connection, "client_id"), oauth.key(connection, "client_secret")
    basic = base64.b64encode(f"{name}:{secret}".encode()).decode()
    fields = {"refresh_token": oauth.key(connection, "refresh_token"), "scope": SCOPES}
    url = f"{connection.channel.api_url}/identity/v1/oauth2/token"
    return oauth.refresh(url, fields, Authorization=f"Basic {basic}")
