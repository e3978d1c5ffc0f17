"""Stock as routing looks at it: read anew, or as it was seen a moment ago of a hot sku that there is plenty of.

In a rush of thousands of orders a second even the reading of one sku is more than a partition key carries. What was
seen up to a second ago is good enough to choose a place: the reservation has its own condition, and whoever it refuses
looks anew. Scarcity is never told by a glance: what does not seem to be there in plenty is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from oms.orders.kits import Recipes, parts
from oms.routing.ports import Ports
from oms.sourcing.plan import Demand
from oms.stock.levels import SkuStock

PLENTY = 10
"""A glance must show so many times what is wanted."""


def stock_for(demand: Iterable[Demand], recipes: Recipes, ports: Ports) -> dict[str, SkuStock]:
    """The stock of every sku that the demand takes from a shelf, in the order in which they are wanted."""
    wanted = Counter[str]()
    for each in demand:
        for sku, units in parts(recipes, each.sku, each.quantity):
            wanted[sku] += units
    return {sku: _look(sku, units, ports) for sku, units in wanted.items()}


def _look(sku: str, wanted: int, ports: Ports) -> SkuStock:
    seen = ports.glance(sku)
    if seen is not None and not seen.waiting and max(seen.available().values(), default=0) >= PLENTY * wanted:
        return seen
    return ports.sku_stock(sku)
