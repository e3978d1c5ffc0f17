"""Stock arrived, or an order began to wait: those who wait are served in their order, first in, first out."""

from __future__ import annotations

from oms.errors import ConcurrentAppend, NotFound, ShortStock
from oms.orders.events import UnitState
from oms.orders.log import ATTEMPTS, Caller, append, load
from oms.routing.ports import Ports
from oms.routing.process import ACTOR
from oms.routing.source import demand_of, source_backorder, steps_of


def fill_backorders(ports: Ports, sku: str, cause: str) -> int:
    """Allocate what is available of a sku to those who wait for it; returns the units allocated.

    Called after every arrival of stock and after every backorder, each time after it was written: whichever of the
    two comes later sees both. An order that is held keeps its place and gets its units; only its work waits.

    Raises:
        ConcurrentAppend: others keep changing the order or its stock; call again.
    """
    caller = Caller(actor=ACTOR, cause=cause, clock=ports.clock)
    filled = 0
    while True:
        served = 0
        for waiter in ports.waiters(sku):
            got = _serve(ports, waiter.order_id, sku, caller)
            served += got
            if got < waiter.quantity:
                return filled + served
        filled += served
        if not served:
            return filled


def _serve(ports: Ports, order_id: str, sku: str, caller: Caller) -> int:
    """Allocate one order's waiting units of a sku as far as stock goes."""
    for _ in range(ATTEMPTS):
        try:
            order = load(ports.log, order_id)
        except NotFound:
            return 0
        stock = ports.sku_stock(sku)
        wanted = [each for each in demand_of(order, UnitState.BACKORDERED) if each.sku == sku]
        if not wanted or not sum(stock.available().values()):
            return 0
        sourced = source_backorder(order, {sku: stock}, ports)
        try:
            for events in steps_of(order, sourced, UnitState.BACKORDERED):
                order = append(ports.log, order, events, caller)
        except (ConcurrentAppend, ShortStock):
            continue
        return sum(each.quantity for each in sourced.plan.assignments)
    raise ConcurrentAppend(f"order {order_id} or stock of {sku} is busy: try again")
