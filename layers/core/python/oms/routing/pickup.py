"""Sourcing what customers fetch in a store: from the store, or from elsewhere to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oms.orders.events import HoldReason
from oms.orders.kits import Recipes, parts
from oms.orders.order import Order
from oms.setup import Location
from oms.sourcing.facts import Demand
from oms.sourcing.sites import Barred, StockView


def store_of(order: Order, locations: Iterable[Location]) -> Location | None:
    """The store in which the customer fetches the order; None when it is brought, or there is no such store."""
    wanted = order.placed.pickup_location_id
    return next((each for each in locations if wanted and each.location_id == wanted), None)


def no_such_store(order: Order, locations: Iterable[Location]) -> list[tuple[HoldReason, str]]:
    """Why an order cannot be fetched where it says: no such location, or one that hands nothing over.

    What is under way already is not held for a store that has stopped to.
    """
    wanted = order.placed.pickup_location_id
    if not wanted or order.fulfillment_orders:
        return []
    store = store_of(order, locations)
    if store is None:
        return [(HoldReason.CHANNEL_DOCUMENT, f"the customer fetches it at {wanted}, and there is no such location")]
    if not store.active or not store.pickup_days:
        return [(HoldReason.CHANNEL_DOCUMENT, f"the customer fetches it at {wanted}, which hands nothing over")]
    return []


def first_from(
    store: Location,
    demand: Sequence[Demand],
    stock: StockView,
    recipes: Recipes,
    others: Iterable[Location],
    barred: Barred,
) -> Mapping[tuple[str, str], str]:
    """Who may give nothing of which sku, and why: nobody sends what the store has all of by itself."""
    needs: dict[str, int] = {}
    for unit in demand:
        for sku, count in parts(recipes, unit.sku, unit.quantity):
            needs[sku] = needs.get(sku, 0) + count
    name = store.location_id
    there = {sku for sku, count in needs.items() if stock.get(sku, {}).get(name, 0) >= count}
    has = {
        unit.sku
        for unit in demand
        if all(sku in there for sku, _ in parts(recipes, unit.sku, 1))
        and (name, unit.sku) not in barred
        and (name, "") not in barred
    }
    why = f"the customer fetches it at {name}, which has it"
    return {(each.location_id, sku): why for each in others if each.location_id != name for sku in sorted(has)}
