"""What an order that waits is told, and what is offered to it, written down with whatever changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from oms.orders.draft import Draft
from oms.orders.events import OrderConfirmed, OrderEvent
from oms.orders.log import Caller, execute
from oms.orders.order import Order
from oms.orders.promising import PromiseChanged
from oms.routing.offers import offered
from oms.routing.ports import Ports
from oms.routing.promises import ACTOR, renewed


def reconsidered(order: Order, ports: Ports) -> list[OrderEvent]:
    """Another day, if it is another, and what is offered in place of what nobody knows a day for."""
    draft = Draft(order)
    draft.add(renewed(order, ports))
    draft.add(offered(draft.order, ports))
    return draft.events


def refresh(ports: Ports, order_id: str, cause: str) -> Order:
    """Bring an order's day up to date: something moved that it waits for.

    Raises:
        NotFound: there is no such order.
        ConcurrentAppend: others keep changing the order; call again.
    """
    caller = Caller(actor=ACTOR, cause=cause, clock=ports.clock)
    return execute(ports.log, order_id, lambda order: reconsidered(order, ports), caller)


def with_promise(
    order: Order, chunks: Iterable[list[OrderEvent]], ports: Ports, *, placed: date | None
) -> list[list[OrderEvent]]:
    """The decisions of a sourcing, of which the last says by when everything should be there, if that is news.

    `placed` is the day for the units that get a place. A confirmation tells the day itself.
    """
    decided = [list(events) for events in chunks]
    if not decided:
        return []
    draft = Draft(order)
    for events in decided:
        draft.add(events)
    news = renewed(draft.order, ports, placed=placed)
    if news and isinstance(news[0], PromiseChanged) and order.confirmed is None:
        day = news[0].expected_delivery
        news = [replace(news[0], tell=False)]
        decided[-1] = [replace(e, expected_delivery=day) if isinstance(e, OrderConfirmed) else e for e in decided[-1]]
    draft.add(news)
    return [*decided[:-1], [*decided[-1], *news, *offered(draft.order, ports)]]
