"""Fetching Adobe Commerce's orders: one that was named, or those that have changed.

Source: AdobeDocs/commerce-webapi, `salesOrderRepositoryV1` and "Search using REST endpoints".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from oms.channels import rest
from oms.channels.adobe_commerce import api
from oms.channels.connection import Connection, Reply
from oms.channels.protocol import Listed, Page
from oms.channels.revision import FETCHED_AT
from oms.clock import from_text, to_text
from oms.errors import Unavailable

PAGES = (50, 10, 1)
"""Orders that are asked for at once: fewer when the shop fails on more."""


def hydrate(connection: Connection, reference: str) -> bytes | None:
    """See `Hydrates.hydrate`."""
    reply = api.call(connection, "GET", f"/orders/{reference}")
    if reply.status == api.NOT_FOUND:
        return None
    if reply.status != api.OK:
        raise rest.refused(reply, f"reading order {reference}")
    return rest.written(_dated(connection, rest.content(reply)))


def poll(connection: Connection, since: datetime, until: datetime, cursor: str) -> Page:
    """See `Polls.poll`.

    The cursor is a time and a number of orders. Orders that change while they are read leave the period and move all
    others up, so the next page starts at the time of the last order that was read, a second earlier because times are
    whole seconds. Only when a page ends in the second in which it began are orders counted.

    One order that the shop fails on has it answer the whole page with 500. So fewer are asked for then, and an order
    that fails alone is passed on as a document that nobody can read.
    """
    start, _, counted = cursor.partition("/")
    begin, skip = (from_text(start), int(counted)) if counted else (since.replace(microsecond=0), 0)
    for size in PAGES:
        if skip % size:
            continue
        reply = _page(connection, begin, until, skip, size)
        if reply.status != api.BROKEN:
            break
    else:
        if _page(connection, until, begin, 0, 1).status == api.BROKEN:
            raise Unavailable("adobe_commerce answered 500")
        nobody = Listed(external_id="", changed_at=_text(begin), raw=b"")
        return Page(orders=(nobody,), cursor=f"{begin.isoformat()}/{skip + 1}", more=True)
    found, count = api.found(reply)
    orders = tuple(
        Listed(
            external_id=str(order.get("entity_id", "")),
            changed_at=str(order.get("updated_at") or order.get("created_at") or ""),
            raw=rest.written(_dated(connection, order)),
        )
        for order in found
    )
    if skip + size >= count:
        return Page(orders=orders if skip < count else ())
    return Page(orders=orders, cursor=_next(orders, begin, skip), more=True)


def _dated(connection: Connection, order: Any) -> Any:
    """The order with the time at which it was seen."""
    return {**order, FETCHED_AT: to_text(connection.clock())} if isinstance(order, dict) else order


def _page(connection: Connection, begin: datetime, until: datetime, skip: int, size: int) -> Reply:
    """So many orders that changed between two instants; none when the first is the later one."""
    between = (("updated_at", "gteq", _text(begin)), ("updated_at", "lteq", _text(until)))
    sort = ("updated_at", "entity_id")
    query = api.criteria(between, size=size, page=skip // size + 1, sort=sort)
    return api.call(connection, "GET", "/orders", query=query, wanted={api.BROKEN})


def _next(orders: tuple[Listed, ...], begin: datetime, skip: int) -> str:
    try:
        last = from_text(orders[-1].changed_at) - timedelta(seconds=1)
    except (IndexError, ValueError):
        last = begin
    return f"{last.isoformat()}/0" if last > begin else f"{begin.isoformat()}/{skip + len(orders)}"


def _text(at: datetime) -> str:
    """A time as the shop writes it: in UTC, without saying so."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
