"""How many units an order may let wait for stock: what is beyond a product's limit keeps the order from going on.

The sale is made when the order comes, so nothing is refused: what can be had is reserved, what may wait waits, and the
order is held for somebody to decide about the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from oms.orders.events import HoldReason
from oms.orders.kits import Recipes, parts
from oms.orders.order import Order
from oms.routing.ports import Ports
from oms.sourcing.plan import Unfilled
from oms.stock.levels import SkuStock
from oms.stock.shares import waiting_limit

NAMED = 10
"""Skus that a hold's note names; more are counted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What becomes of units that no location has."""

    units: tuple[Unfilled, ...]
    """They wait for stock."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """How many units of a sku may wait at a time, over all orders, for those of these that have a limit."""
    beyond: tuple[Unfilled, ...] = ()
    """So many more would wait than may."""

    @property
    def note(self) -> str:
        """What staff is told of the units beyond the limits."""
        told: dict[str, int] = {}
        for each in self.beyond:
            told[each.sku] = told.get(each.sku, 0) + each.quantity
        named = ", ".join(f"{units} of {sku}" for sku, units in sorted(told.items())[:NAMED])
        more = f" and {len(told) - NAMED} skus more" if len(told) > NAMED else ""
        return f"more than may wait for stock: {named}{more}"


NOBODY_WAITS = Waiting(())


def waiting_of(
    order: Order, unfilled: Iterable[Unfilled], recipes: Recipes, stock: Mapping[str, SkuStock], ports: Ports
) -> Waiting:
    """Share the room that the products' limits leave over the units, earlier ones first.

    A kit waits for its components, so it is their limits that count. Who released the order from a hold for a limit
    has let all of its units wait; and an order that lost a place which it had is no new sale, and waits.
    """
    unfilled = tuple(unfilled)
    if order.rejections or any(each.hold.reason is HoldReason.BACKORDER_LIMIT for each in order.released_holds):
        return Waiting(unfilled)
    on_shelf = {sku for each in unfilled for sku, _ in parts(recipes, each.sku, 1)}
    products = ports.products(on_shelf) if on_shelf else {}
    today = ports.clock().date()
    limits = {sku: limit for sku in on_shelf if (limit := waiting_limit(products.get(sku), today)) is not None}
    if not limits:
        return Waiting(unfilled)
    room = {sku: max(0, limit - stock[sku].waiting) for sku, limit in limits.items()}
    waits, beyond = [], []
    for each in unfilled:
        takes = dict(parts(recipes, each.sku, 1))
        may = min([each.quantity, *(room[sku] // units for sku, units in takes.items() if sku in room)])
        for sku, units in takes.items():
            if sku in room:
                room[sku] -= may * units
        if may:
            waits.append(each._replace(quantity=may))
        if may < each.quantity:
            beyond.append(each._replace(quantity=each.quantity - may))
    return Waiting(tuple(waits), dict(sorted(limits.items())), tuple(beyond))
