"""Nothing is free that somebody waits for and may have: whatever was sold, cancelled and given back, in any order.

Shirts and mugs in two places are sold by themselves and in two sets; orders are cancelled and shelves are found empty
while others are routed, and the news of all that is handled late and in any order, as queues and streams bring it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from oms.fulfillment.rejection import Rejecting, reject
from oms.orders.commands import CancelOrder, cancel_order
from oms.orders.events import UnitsBackordered, UnitsCancelled, UnitState
from oms.orders.kits import Component, parts, shelf_skus
from oms.orders.log import append, load
from oms.orders.order import Order
from oms.orders.rejecting import RejectReason, UnitsRejected
from oms.routing.backorders import fill_backorders, lines_to_serve
from oms.routing.process import advance
from oms.routing.question import kept_from_of
from oms.setup import Product
from tests.support.memory_stack import MemoryStack
from tests.support.orders import line, placed

BASKETS = (("tee",), ("set",), ("tee", "set"), ("box", "box"))
SETS = {"set": {"tee": 1, "mug": 1}, "box": {"tee": 1, "mug": 2}}
ORDERS = 14
PLACES = ("north", "south")
ACTS = ("cancel", "too_busy", "not_in_stock")

News = Callable[[], object]


class Day:
    """A day's trade; `chance` says what happens next."""

    def __init__(self, seed: int, mugs: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a story, no secret
        self.stack = MemoryStack()
        for sku, units in (("tee", (7, 3)), ("mug", (mugs, mugs))):
            for place, count in zip(PLACES, units, strict=True):
                self.stack.stock(sku, place, count)
        for sku, of in SETS.items():
            components = tuple(Component(sku=each, quantity=count) for each, count in of.items())
            self.stack.products[sku] = Product(sku=sku, title=sku, components=components)
        self.news: list[News] = []
        self._seen = Counter[str]()
        self._levels = dict(self.stack.levels)

    def run(self) -> None:
        """Until all is sold, done and told."""
        sales = [lambda number=number: self.sell(number) for number in range(ORDERS)]
        acts = [lambda what=what: self.trouble(what) for what in self.chance.choices(ACTS, k=8)]
        while sales or acts or self.news:
            able = [each for each, weight in ((sales, 4), (self.news, 4), (acts, 2)) for _ in range(weight) if each]
            chosen = self.chance.choice(able)
            chosen.pop(self.chance.randrange(len(chosen)))()
            self.news += self._told()

    def sell(self, number: int) -> None:
        """An order is placed and routed."""
        goods = BASKETS[number % len(BASKETS)]
        lines = [line(str(at), sku, 1, 1000) for at, sku in enumerate(goods, start=1)]
        self.stack.captured(placed(*lines), f"o{number}")
        advance(self.stack.ports(), f"o{number}", "placed")

    def trouble(self, what: str) -> None:
        """The first order that has units loses them."""
        for order in self.orders():
            shares = [each for each in order.fulfillment_orders.values() if each.counts.get(UnitState.ALLOCATED)]
            if shares and not order.rejections:
                caller, share = self.stack.caller(what), shares[0].fulfillment_order_id
                if what == "cancel":
                    cancel_order(self.stack, order.order_id, CancelOrder(), caller)
                else:
                    wish = Rejecting(reason=RejectReason(what))
                    append(self.stack, order, reject(order, share, wish).events, caller)
                return

    def orders(self) -> list[Order]:
        """All orders, the longest wait first."""
        return sorted((load(self.stack, each) for each in self.stack.log), key=lambda it: (it.captured_at, it.order_id))

    def _told(self) -> Iterator[News]:
        for order_id, entries in self.stack.log.items():
            events = [event for entry in entries[self._seen[order_id] :] for event in entry.events]
            self._seen[order_id] = len(entries)
            for event in events:
                if isinstance(event, UnitsBackordered | UnitsCancelled | UnitsRejected):
                    yield lambda order_id=order_id, event=event: self._handle(order_id, event)
        before, self._levels = self._levels, dict(self.stack.levels)
        for (sku, _), level in self._levels.items():
            if level.available > before[sku, level.location_id].available:
                yield lambda sku=sku: fill_backorders(self.stack.ports(), sku, "stock")

    def _handle(self, order_id: str, event: UnitsBackordered | UnitsCancelled | UnitsRejected) -> None:
        # Of a rejection the levels tell, which it has moved, and not the order's message.
        if not isinstance(event, UnitsRejected):
            for sku in lines_to_serve(self.stack.ports(), load(self.stack, order_id), event):
                fill_backorders(self.stack.ports(), sku, "line")
        advance(self.stack.ports(), order_id, "told")


def could_have(day: Day, order: Order) -> tuple[list[str], bool]:
    """What an order waits for though it is there, and whether it has a right to part of what is there."""
    shut = kept_from_of(order, day.stack.ports())
    there, partly = [], False
    for each in order.lines.values():
        sku = each.placed.sku
        if not each.counts.get(UnitState.BACKORDERED):
            continue
        for place in PLACES:
            if (place, "") in shut or (place, sku) in shut:
                continue
            free = [
                day.stack.levels[on_shelf, place].available >= units for on_shelf, units in parts(order.kits, sku, 1)
            ]
            if all(free):
                there.append(f"{sku} from {place}")
            partly |= any(day.stack.levels[on_shelf, place].available for on_shelf in shelf_skus(order.kits, sku))
    return there, partly


@pytest.mark.parametrize(("seed", "mugs"), [(seed, mugs) for mugs in (9, 90) for seed in (2, 18, 19, 24)])
def test_who_is_first_in_line_has_what_is_there(seed: int, mugs: int) -> None:
    day = Day(seed, mugs)
    day.run()
    for order in day.orders():
        assert not order.counts.get(UnitState.OPEN)
        there, partly = could_have(day, order)
        assert not there, (order.order_id, day.stack.levels)
        if partly:
            # A set that misses one component keeps its right to the other: who is behind it may have to wait.
            break
