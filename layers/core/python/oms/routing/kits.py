"""What the skus of an order are made of: as its log has fixed it, or as the products say today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from oms.orders.events import OrderEvent, UnitsAllocated, UnitsBackordered
from oms.orders.kits import MAX_COMPONENTS, Component, ComponentsFixed, Kit, Recipes, settled
from oms.orders.order import Order
from oms.setup import Product

DEPTH = 5
"""How many kits may be in each other."""

Products = Callable[[Iterable[str]], Mapping[str, Product]]


class NoRecipe(Exception):
    """A kit cannot be put together as it is set up; the text says why, for staff."""


def recipes_of(order: Order, skus: Iterable[str], products: Products) -> Recipes:
    """What these skus are made of; those that are no kits are left out.

    Raises:
        NoRecipe: a kit is made of what nobody knows, of itself, or of too much.
    """
    skus = list(dict.fromkeys(skus))
    known = settled(order)
    recipes = {sku: order.kits[sku] for sku in skus if sku in order.kits}
    fresh = products([sku for sku in skus if sku not in known])
    for sku, product in fresh.items():
        if product.components:
            recipes[sku] = unfolded(sku, product, products)
    return recipes


def unfolded(sku: str, product: Product, products: Products) -> tuple[Component, ...]:
    """What lies on shelves of a kit, kits in it unfolded; in the order in which the set-up names it."""
    layer = {each.sku: each.quantity for each in product.components}
    for _ in range(DEPTH):
        known = products(list(layer))
        if nobody_knows := sorted(layer.keys() - known.keys()):
            raise NoRecipe(f"{sku} is made of {nobody_knows[0]}, and there is no such product")
        if len(layer) > MAX_COMPONENTS:
            raise NoRecipe(f"{sku} is made of more than {MAX_COMPONENTS} skus")
        if not any(known[each].components for each in layer):
            return tuple(Component(sku=each, quantity=quantity) for each, quantity in layer.items())
        below: dict[str, int] = {}
        for each, quantity in layer.items():
            for inner in known[each].components or (Component(sku=each, quantity=1),):
                below[inner.sku] = below.get(inner.sku, 0) + quantity * inner.quantity
        layer = below
    raise NoRecipe(f"{sku} is made of itself, or of kits in kits more than {DEPTH} deep")


def with_recipes(order: Order, recipes: Recipes, steps: Iterable[list[OrderEvent]]) -> Iterator[list[OrderEvent]]:
    """The same decisions, each with what the kits are made of that it is the first to move."""
    known = settled(order)
    for events in steps:
        fresh = [sku for sku in _moved(events) if sku in recipes and sku not in known]
        known |= set(fresh)
        kits = tuple(Kit(sku=sku, components=recipes[sku]) for sku in fresh)
        yield [ComponentsFixed(kits=kits), *events] if kits else events


def _moved(events: Iterable[OrderEvent]) -> list[str]:
    skus: list[str] = []
    for event in events:
        match event:
            case UnitsAllocated():
                skus += (each.sku for each in event.allocations)
            case UnitsBackordered():
                skus += (each.sku for each in event.units)
    return list(dict.fromkeys(skus))
