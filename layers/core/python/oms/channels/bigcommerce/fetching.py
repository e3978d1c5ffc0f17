"""Fetching BigCommerce's orders: one that was named, or those that have changed.

One call brings an order with its lines, addresses and fees. What has been refunded needs a second one, and so does an
order with more lines than came along: what is documented of lines by themselves is that 50 of them come at once.
Sources: reference/orders.v2.oas2.yml and reference/orders.v3.yml of bigcommerce/docs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from oms.channels import rest
from oms.channels.bigcommerce import api
from oms.channels.connection import Connection
from oms.channels.protocol import Listed, Page
from oms.channels.revision import FETCHED_AT
from oms.clock import from_text, to_text
from oms.errors import InvalidInput, Unavailable

WITH = (("include", "consignments.line_items,fees"), ("consignment_structure", "object"))
"""What is asked for beside the order itself."""

PAGE = 50

LINES, MOST_LINES = 250, 5000
"""Lines that are asked for at once when they are fetched apart, and in all."""

REFUNDED, PARTLY_REFUNDED = 4, 14
"""Statuses of orders."""

REFUND_STATES = frozenset({"refunded", "partially refunded"})
"""Of payments."""


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`."""
    reply = api.call(connection, "GET", f"/v2/orders/{reference}", query=WITH)
    if reply.status == api.NOT_FOUND:
        return None
    if reply.status != api.OK:
        raise rest.refused(reply, f"reading order {reference}")
    return rest.written(_whole(connection, rest.content(reply)))


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`.

    The cursor is a time and a page. Orders that change while they are read leave the period and move all others up, so
    the next page starts at the time of the last order that was read, a second earlier because times are whole seconds.
    Only when a page ends in the second in which it began are pages counted.
    """
    start, page = _place(cursor, since)
    query = (
        *WITH,
        ("min_date_modified", start.isoformat(timespec="seconds")),
        ("max_date_modified", until.isoformat(timespec="seconds")),
        ("sort", "date_modified:asc"),
        ("limit", str(PAGE)),
        ("page", str(page)),
    )
    reply = api.call(connection, "GET", "/v2/orders", query=query)
    if reply.status not in {api.OK, api.NO_CONTENT}:
        raise rest.refused(reply, "reading the orders that changed")
    found = rest.content(reply) or []
    if not isinstance(found, list):
        raise Unavailable("bigcommerce answered with something else than orders")
    orders = tuple(
        Listed(
            external_id=str(order.get("id", "")),
            changed_at=str(order.get("date_modified") or order.get("date_created") or ""),
            raw=rest.written(_whole(connection, order)),
        )
        for order in found
        if isinstance(order, dict)
    )
    if len(found) < PAGE:
        return Page(orders=orders)
    return Page(orders=orders, cursor=_next(orders, start, page), more=True)


def moment(text: str, path: str) -> datetime:
    """A time as BigCommerce writes it, in the mails' format or in ISO 8601.

    Raises:
        InvalidInput: names the field.
    """
    for reader in (parsedate_to_datetime, from_text):
        try:
            found = reader(text)
        except (TypeError, ValueError):
            continue
        return from_text(found.isoformat())
    raise InvalidInput("not a time", path=path)


def _place(cursor: str, since: datetime) -> tuple[datetime, int]:
    start, _, page = cursor.partition("/")
    return (from_text(start), int(page)) if page else (since.replace(microsecond=0), 1)


def _next(orders: tuple[Listed, ...], start: datetime, page: int) -> str:
    try:
        last = moment(orders[-1].changed_at, "date_modified") - timedelta(seconds=1)
    except (IndexError, InvalidInput):
        last = start
    return f"{last.isoformat()}/1" if last > start else f"{start.isoformat()}/{page + 1}"


def _whole(connection: Connection, order: Any) -> Any:
    """The order with what did not come along with it: lines beyond the first ones, and its refunds."""
    if not isinstance(order, dict):
        return order
    order = {**order, FETCHED_AT: to_text(connection.clock())}
    lines = _lines(order.get("consignments"))
    if sum(_count(line.get("quantity")) for line in lines) < _count(order.get("items_total")):
        order = {**order, "products": _products(connection, str(order.get("id")))}
    told = order.get("status_id") in {REFUNDED, PARTLY_REFUNDED} or order.get("payment_status") in REFUND_STATES
    if not told and not any(line.get("quantity_refunded") for line in lines):
        return order
    reply = api.call(connection, "GET", f"/v3/orders/{order.get('id')}/payment_actions/refunds")
    if reply.status not in {api.OK, api.NO_CONTENT, api.NOT_FOUND}:
        raise rest.refused(reply, f"reading the refunds of order {order.get('id')}")
    found = rest.content(reply) if reply.status == api.OK else None
    return {**order, "refunds": (found or {}).get("data") or []}


def _products(connection: Connection, order_id: str) -> list[Any]:
    """All lines of an order, page by page."""
    found: list[Any] = []
    for page in range(1, MOST_LINES // LINES + 1):
        query = (("limit", str(LINES)), ("page", str(page)))
        reply = api.call(connection, "GET", f"/v2/orders/{order_id}/products", query=query)
        if reply.status not in {api.OK, api.NO_CONTENT}:
            raise rest.refused(reply, f"reading the lines of order {order_id}")
        more = rest.content(reply) or []
        found += more
        if len(more) < LINES:
            break
    return found


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _lines(part: Any) -> list[dict[str, Any]]:
    """The lines of the consignments, wherever in them they stand."""
    if isinstance(part, list):
        return [line for each in part for line in _lines(each)]
    if not isinstance(part, dict):
        return []
    if "quantity_refunded" in part:
        return [part]
    return [line for each in part.values() for line in _lines(each)]
