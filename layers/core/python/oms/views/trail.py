"""The audit trail of an order, page by page, and the moments of its past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oms.clock import from_text
from oms.errors import InvalidInput, NotFound
from oms.orders.order import Entry
from oms.views.answers import EventPage
from oms.views.resource import event_resources

MAX_LIMIT = 100
"""Events on a page."""


def moment(text: str) -> datetime | None:
    """The moment that `?at=` names; None without it.

    Raises:
        InvalidInput: it is not a time.
    """
    if not text:
        return None
    try:
        return from_text(text)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is not a time such as 2026-03-01T09:30:00Z (in a URL, write + as %2B)", path="at"
        ) from None


def event_page(order_id: str, entries: Sequence[Entry], *, limit: int, cursor: str) -> EventPage:
    """At most `limit` events from where the page before ended; `cursor` is the id of its last event.

    Events are never taken away, so a page that was read stays true.

    Raises:
        NotFound: there is no such order.
        InvalidInput: the limit is out of bounds, or the cursor is not an event of this order.
    """
    if not entries:
        raise NotFound(f"there is no order {order_id}")
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"a page has 1 to {MAX_LIMIT} events", path="limit")
    events = [event for entry in entries for event in event_resources(entry)]
    start = 0
    if cursor:
        ends = {event["id"]: position for position, event in enumerate(events, 1)}
        if cursor not in ends:
            raise InvalidInput("the cursor is not one of this list: begin again without it", path="cursor")
        start = ends[cursor]
    shown = events[start : start + limit]
    return {"events": shown, "cursor": shown[-1]["id"] if start + limit < len(events) else None}
