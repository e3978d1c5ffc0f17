"""Fetching WooCommerce's orders: one by its id, and those that changed within a time. They are as webhooks carry them.

Source: WooCommerce REST API v3, "Retrieve an order" and "List all orders". `modified_after` and `modified_before` leave
their own instants out, and times in a document have no fractions: both ends are taken a second further.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from oms.channels import rest
from oms.channels.connection import Connection
from oms.channels.protocol import Listed, Page
from oms.channels.woocommerce import api

PAGE = 100
"""The most that WooCommerce gives at once."""


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`. An order in the trash is still there, as cancelled."""
    reply = api.call(connection, "GET", f"/orders/{reference}")
    if reply.status == api.NOT_FOUND:
        return None
    if reply.status != api.OK:
        raise rest.refused(reply, f"fetching order {reference}")
    return reply.body


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`. The cursor is the number of the page.

    An order that changes meanwhile leaves its place, so that another may move over the edge of two pages: whoever
    polls goes back a little behind the end of the time before.
    """
    number = int(cursor or 1)
    query = [
        ("status", "any"),
        ("modified_after", _text(since - timedelta(seconds=1))),
        ("modified_before", _text(until + timedelta(seconds=1))),
        ("dates_are_gmt", "true"),
        ("orderby", "modified"),
        ("order", "asc"),
        ("per_page", str(PAGE)),
        ("page", str(number)),
    ]
    reply = api.call(connection, "GET", "/orders", query=query)
    if reply.status != api.OK:
        raise rest.refused(reply, "listing orders")
    pages = reply.headers.get("x-wp-totalpages", "")
    found: list[dict[str, Any]] = [each for each in rest.content(reply) or [] if isinstance(each, dict)]
    more = number < int(pages) if pages.isdigit() else len(found) == PAGE
    return Page(orders=tuple(map(_listed, found)), cursor=str(number + 1) if more else "", more=more)


def _listed(order: dict[str, Any]) -> Listed:
    changed = order.get("date_modified_gmt") or order.get("date_created_gmt") or ""
    return Listed(external_id=str(order.get("id", "")), changed_at=str(changed), raw=rest.written(order))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
