"""Stock of a kit, which has none of its own: how many units could be put together of what lies on shelves."""

from __future__ import annotations

from oms.orders.kits import Component
from oms.platform.setup import products
from oms.platform.stock_table import sku_stock
from oms.routing.kits import NoRecipe, unfolded
from oms.sourcing.kits import buildable
from oms.stock.resource import KitResource


def kit_stock(sku: str) -> KitResource | None:
    """What a kit is made of and how many units of it each location could put together; None for what is no kit.

    Kits and single articles that share a component are not added up: each is counted as if it were sold alone.
    """
    product = products([sku]).get(sku)
    if product is None or not product.components:
        return None
    try:
        components: tuple[Component, ...] = unfolded(sku, product, products)
    except NoRecipe:
        components = product.components
    shelf = {each.sku: sku_stock(each.sku).sellable() for each in components}
    units = buildable({sku: components}, sku, shelf)
    return {
        "components": [{"sku": each.sku, "quantity": each.quantity} for each in components],
        "available": sum(units.values()),
        "locations": {place: count for place, count in units.items() if count},
    }
