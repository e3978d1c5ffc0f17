"""When an order has to be looked at again though nothing happens to it."""

from __future__ import annotations

from datetime import datetime

from oms.orders.deadlines import moments
from oms.orders.order import Order
from oms.routing.steps import next_step


def wake_at(order: Order) -> datetime | None:
    """The earliest moment at which `next_step` would do something by time alone; None when time changes nothing.

    Of an order that has something to do already, the moment may mean nothing: what it does then changes the order,
    and with it the answer.
    """
    return next((moment for moment in sorted(set(moments(order))) if next_step(order, moment) is not None), None)
