"""An order and the events decided on it so far, each seen by the decision after it: for wishes of several parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.orders.events import OrderEvent
from oms.orders.evolve import evolve
from oms.orders.order import Order


class Draft:
    """`order` is the state after `events`; nothing is written."""

    def __init__(self, order: Order, events: Iterable[OrderEvent] = ()) -> None:
        self.order = order
        self.events = list(events)

    def add(self, events: Sequence[OrderEvent]) -> None:
        """Decide these as well.

        Raises:
            BrokenHistory: they do not fit what was decided before.
        """
        for event in events:
            self.order = evolve(self.order, event, order_id=self.order.order_id, at=self.order.updated_at)
            self.events.append(event)
