"""Calls to Amazon's Selling Partner API: what is asked, under which key, and what its answers mean.

Source: Selling Partner API, "Connecting to the Selling Partner API" (tokens of Login with Amazon, request headers),
"Usage Plans and Rate Limits", and the models of Orders, Listings Items and Feeds 2021-06-30. Requests are not signed:
the access token is all that is needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

from oms.channels import oauth
from oms.channels.connection import Connection, Reply, Request

LOGIN = "https://api.amazon.com/auth/o2/token"
"""Where Login with Amazon gives out tokens, for all regions."""

AGENT = "oms/1.0 (Language=Python)"
"""Amazon wants to know who calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation; `pace` is how many calls a second its usage plan has when no answer says otherwise."""

    method: str
    path: str
    pace: float
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None


def search_orders(query: Mapping[str, str]) -> Call:
    """A page of orders."""
    return Call(method="GET", path="/orders/2026-01-01/orders", pace=0.0056, query=query)


def get_order(order_id: str, included: str) -> Call:
    """One order."""
    path = f"/orders/2026-01-01/orders/{quote(order_id, safe='')}"
    return Call(method="GET", path=path, pace=0.5, query={"includedData": included})


def confirm_shipment(order_id: str, body: object) -> Call:
    """Say that a package has left. The older version of the API has it still; the newer one has no such call."""
    path = f"/orders/v0/orders/{quote(order_id, safe='')}/shipmentConfirmation"
    return Call(method="POST", path=path, pace=2, body=body)


def patch_listing(seller_id: str, sku: str, marketplace_id: str, patches: Sequence[object]) -> Call:
    """Change attributes of what a seller offers under a sku."""
    return Call(
        method="PATCH",
        path=f"/listings/2021-08-01/items/{quote(seller_id, safe='')}/{quote(sku, safe='')}",
        pace=5,
        query={"marketplaceIds": marketplace_id},
        body={"productType": "PRODUCT", "patches": list(patches)},
    )


FEEDS = "/feeds/2021-06-30"


def create_feed_document(content_type: str) -> Call:
    """A place to put what a feed shall say; nothing follows from it by itself."""
    return Call(method="POST", path=f"{FEEDS}/documents", pace=0.5, body={"contentType": content_type})


def create_feed(kind: str, marketplace_id: str, document_id: str) -> Call:
    """Hand a feed in. It takes no key: handed in twice, it is done twice."""
    body = {"feedType": kind, "marketplaceIds": [marketplace_id], "inputFeedDocumentId": document_id}
    return Call(method="POST", path=f"{FEEDS}/feeds", pace=0.0083, body=body)


def get_feed(feed_id: str) -> Call:
    """How far a feed is."""
    return Call(method="GET", path=f"{FEEDS}/feeds/{quote(feed_id, safe='')}", pace=2)


def get_feeds(kind: str, since: datetime, until: datetime) -> Call:
    """Feeds of a kind by when they were created. None says which document it was made of."""
    query = {"feedTypes": kind, "createdSince": iso(since), "createdUntil": iso(until), "pageSize": "100"}
    return Call(method="GET", path=f"{FEEDS}/feeds", pace=0.0222, query=query)


def get_feed_document(document_id: str) -> Call:
    """Where a feed's report can be fetched."""
    return Call(method="GET", path=f"{FEEDS}/documents/{quote(document_id, safe='')}", pace=0.0222)


def ask(connection: Connection, call: Call) -> Reply:
    """The answer to a call. One of 404 is an answer: what was asked for is not there.

    Raises:
        Throttled: the usage plan is used up; says in how many seconds it has room for one more.
        Unavailable: no answer, or trouble on the other side; ask again.
        Refused: Amazon will not do it, or does not let us in.
    """
    url = connection.channel.api_url + call.path + (f"?{urlencode(call.query)}" if call.query else "")
    body = b"" if call.body is None else json.dumps(call.body).encode()
    sends = {"Content-Type": "application/json"} if body else {}

    def question(token: str) -> Request:
        headers = {"x-amz-access-token": token, "User-Agent": AGENT, "Accept": "application/json", **sends}
        return Request(method=call.method, url=url, headers=headers, body=body)

    reply = oauth.send(connection, question, lambda: _grant(connection))
    if reply.status == HTTPStatus.NOT_FOUND:
        return reply
    return oauth.checked(reply, "Amazon", wait=1 / _pace(reply, call), reason=reason(reply))


def reason(reply: Reply) -> str:
    """What Amazon says went wrong."""
    errors = oauth.told(reply).get("errors")
    told = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    return "; ".join(f"{each.get('code', '')} {each.get('message', '')}".strip() for each in told[:3])[:300]


def iso(at: datetime) -> str:
    """An instant as Amazon's documents write it, to the millisecond; text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _grant(connection: Connection) -> Request:
    fields = {name: oauth.key(connection, name) for name in ("refresh_token", "client_id", "client_secret")}
    base = connection.channel.api_url
    host = urlsplit(base).hostname or ""
    return oauth.refresh(LOGIN if host.endswith(".amazon.com") else f"{base}/auth/o2/token", fields)


def _pace(reply: Reply, call: Call) -> float:
    try:
        return max(float(reply.headers.get("x-amzn-ratelimit-limit", "")), 0.001)
    except ValueError:
        return call.pace
