"""Fetching Adobe Commerce's orders: one that was named, or those that have changed.

Source: AdobeDocs/commerce-webapi, `salesOrderRepositoryV1` and "Search using REST endpoints".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oms.channels import rest
from oms.channels.adobe_commerce import api
from oms.channels.connection import Connection
from oms.channels.protocol import Listed, Page
from oms.clock import from_text

PAGE = 50


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`."""
    reply = api.call(connection, "GET", f"/orders/{reference}")
    if reply.status == api.NOT_FOUND:
        return None
    if reply.status != api.OK:
        raise rest.refused(reply, f"reading order {reference}")
    return reply.body


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`.

    The cursor is a time and a page. Orders that change while they are read leave the period and move all others up, so
    the next page starts at the time of the last order that was read, a second earlier because times are whole seconds.
    Only when a page ends in the second in which it began are pages counted.
    """
    start, _, counted = cursor.partition("/")
    begin, page = (from_text(start), int(counted)) if counted else (since.replace(microsecond=0), 1)
    found, count = api.search(
        connection,
        "/orders",
        (("updated_at", "gteq", _text(begin)), ("updated_at", "lteq", _text(until))),
        sort=("updated_at", "entity_id"),
        size=PAGE,
        page=page,
    )
    orders = tuple(
        Listed(
            external_id=str(order.get("entity_id", "")),
            changed_at=str(order.get("updated_at") or order.get("created_at") or ""),
            raw=rest.written(order),
        )
        for order in found
    )
    if count <= page * PAGE:
        return Page(orders=orders)
    return Page(orders=orders, cursor=_next(orders, begin, page), more=True)


def _next(orders: tuple[Listed, ...], begin: datetime, page: int) -> str:
    try:
        last = from_text(orders[-1].changed_at) - timedelta(seconds=1)
    except (IndexError, ValueError):
        last = begin
    return f"{last.isoformat()}/1" if last > begin else f"{begin.isoformat()}/{page + 1}"


def _text(at: datetime) -> str:
    """A time as the shop writes it: in UTC, without saying so."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
