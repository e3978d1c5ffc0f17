"""Shopify's Admin interface: where a shop answers, its token, its two forms, and what it costs to ask.

Orders are read over REST, whose document is the one that webhooks carry; all that is written goes over GraphQL.

Sources: shopify.dev, "GraphQL Admin API", "GraphQL Admin API rate limits" (a bucket of points; a query that costs more
than is in it is answered `THROTTLED` and not carried out), "Implementing idempotency", "REST Admin API rate limits".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from oms.channels import rest
from oms.channels.connection import Connection, Reply
from oms.errors import Refused, Throttled, Unavailable

API_VERSION = "2026-10"
"""The stable version whose documentation this is written after; Shopify keeps each for a year."""

OK, NOT_FOUND = 200, 404

Json = dict[str, Any]

_WAIT = 1.0
"""Seconds until the next try when Shopify does not say what its bucket holds."""

_TOLD = 300
"""Characters of Shopify's words that an error repeats."""

_NO_ENTRY = "ACCESS_DENIED"
_PASSING = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST"})


def get(connection: Connection, path: str, *, query: rest.Query = ()) -> Reply:
    """Read from the REST form.

    Raises:
        Unavailable: no answer; ask again (`Throttled`: and not before so many seconds).
        Refused: the token is not good, or lacks the scope.
    """
    return rest.call(connection, "GET", f"{_base(connection)}{path}", headers=_key(connection), query=query)


def ask(connection: Connection, document: str, variables: Mapping[str, object]) -> Json:
    """Send a query or mutation, and return its `data`.

    Raises:
        Unavailable: no answer, or trouble on the other side (`Throttled`: the bucket is empty for so many seconds).
        Refused: Shopify cannot read it, or the token lacks the scope.
    """
    body = {"query": document, "variables": variables}
    reply = rest.call(connection, "POST", f"{_base(connection)}/graphql.json", headers=_key(connection), body=body)
    said = rest.content(reply)
    if reply.status != OK or not isinstance(said, dict):
        raise rest.refused(reply, "a query")
    if errors := said.get("errors"):
        raise _trouble(errors if isinstance(errors, list) else [{"message": str(errors)}], said)
    data: Json = said.get("data") or {}
    return data


def carried_out(data: Json, name: str, what: str, errors: str = "userErrors") -> Json:
    """What a mutation answered.

    Raises:
        Refused: it was not carried out; says why in Shopify's words.
    """
    payload: Json = data.get(name) or {}
    if told := payload.get(errors):
        raise Refused(f"{what} was refused: {words(told)}")
    return payload


def words(errors: Sequence[Json]) -> str:
    """What errors say, as far as it is short."""
    return " ".join("; ".join(str(each.get("message", "")) for each in errors).split())[:_TOLD]


def gid(kind: str, number: str) -> str:
    """The id of a thing as GraphQL wants it; one that has that form already stays as it is."""
    return number if number.startswith("gid://") else f"gid://shopify/{kind}/{number}"


def number_of(gid: str) -> str:
    """The number at the end of an id: what webhooks and the REST form call the thing."""
    return gid.rsplit("/", 1)[-1].split("?", maxsplit=1)[0]


def idempotency_key(*parts: object) -> str:
    """A key for Shopify's directive, which asks for a UUID: the same for the same parts."""
    return str(uuid5(NAMESPACE_URL, json.dumps(parts, default=str)))


def _base(connection: Connection) -> str:
    return f"{connection.channel.api_url}/admin/api/{API_VERSION}"


def _key(connection: Connection) -> dict[str, str]:
    return {"X-Shopify-Access-Token": connection.secret.get("access_token", "")}


def _trouble(errors: Sequence[Json], said: Json) -> Refused | Unavailable:
    codes = {str((each.get("extensions") or {}).get("code", "")) for each in errors}
    if "THROTTLED" in codes or any(str(each.get("message", "")).lower() == "throttled" for each in errors):
        return Throttled("shopify is asked too often", seconds=_seconds(said))
    if codes & _PASSING:
        return Unavailable(f"shopify answered: {words(errors)}")
    if _NO_ENTRY in codes:
        return Refused(f"shopify does not let us in: look at the scopes of the token. {words(errors)}")
    return Refused(f"shopify cannot carry a query out: {words(errors)}")


def _seconds(said: Json) -> float:
    """How long the bucket takes until it holds what the query costs."""
    cost = (said.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    rate = float(status.get("restoreRate") or 0)
    if rate <= 0:
        return _WAIT
    lacking = float(cost.get("requestedQueryCost") or 0) - float(status.get("currentlyAvailable") or 0)
    return max(lacking / rate, _WAIT)
