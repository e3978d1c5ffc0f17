"""Fetching Shopify's orders: one by its id, and those that changed within a time, as webhooks carry them.

Read over the REST form on purpose: its document is the webhook's own, so that an order which was fetched and one which
was sent are the same to the last field, and nothing looks changed that is not (see `docs/decisions.md`).

Sources: shopify.dev, REST Admin API, the Order resource; "Paginated results with REST".
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oms.channels import rest
from oms.channels.connection import Connection, Reply
from oms.channels.protocol import Listed, Page
from oms.channels.shopify import api
from oms.clock import to_text

PAGE = 100
"""Shopify gives 250 at once; orders are large."""

_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`."""
    reply = api.get(connection, f"/orders/{reference}.json")
    if reply.status == api.NOT_FOUND:
        return None
    if reply.status != api.OK:
        raise rest.refused(reply, f"fetching order {reference}")
    order = (rest.content(reply) or {}).get("order")
    return rest.written(order) if order else None


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`. The cursor is Shopify's own, which knows the time that was asked for."""
    size = ("limit", str(PAGE))
    first = [
        ("status", "any"),
        ("updated_at_min", to_text(since)),
        ("updated_at_max", to_text(until)),
        ("order", "updated_at asc"),
        size,
    ]
    reply = api.get(connection, "/orders.json", query=[("page_info", cursor), size] if cursor else first)
    if reply.status != api.OK:
        raise rest.refused(reply, "listing orders")
    found = (rest.content(reply) or {}).get("orders") or []
    after = _next_page(reply)
    return Page(orders=tuple(map(_listed, found)), cursor=after, more=bool(after))


def _listed(order: dict[str, Any]) -> Listed:
    return Listed(
        external_id=str(order.get("id", "")), changed_at=str(order.get("updated_at", "")), raw=rest.written(order)
    )


def _next_page(reply: Reply) -> str:
    """The cursor in the header `Link`; empty on the last page."""
    found = _NEXT.search(reply.headers.get("link", ""))
    values = parse_qs(urlsplit(found[1]).query).get("page_info", []) if found else []
    return values[0] if values else ""
