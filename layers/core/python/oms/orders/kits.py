"""Kits: skus that are put together of others, and what an order's kits are made of, as the log keeps it.

A kit has no stock of its own: each of its units takes its components' stock. What a kit is made of is written into the
order's log when its units are first reserved or wait for stock, once for each sku. So whatever is cancelled, shipped or
returned later moves the components that were taken, whatever has become of the product meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from oms.orders.order import Order

MAX_COMPONENTS = 25
"""Skus that one kit is made of, kits in kits unfolded: reserving one that waited takes three items of a transaction
for each of them, and a transaction holds 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """So many units of a sku are in one unit of a kit."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What one unit of a sku is made of."""

    sku: str
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentsFixed:
    """From here on these skus of the order are made of this, whatever becomes of the products."""

    kits: tuple[Kit, ...]


Recipes = Mapping[str, tuple[Component, ...]]
"""What kits are made of, by sku; a sku that is not among them is no kit."""


def parts(recipes: Recipes, sku: str, quantity: int) -> Iterator[tuple[str, int]]:
    """What so many units of a sku are on the shelf: its components and how many of each, or the sku itself."""
    components = recipes.get(sku)
    if components is None:
        yield sku, quantity
    else:
        yield from ((each.sku, each.quantity * quantity) for each in components)


def shelf_skus(recipes: Recipes, sku: str) -> list[str]:
    """The skus whose stock moves when units of this one do."""
    return [each for each, _ in parts(recipes, sku, 1)]


class OfSku(Protocol):
    """Units of a line that say their sku."""

    @property
    def sku(self) -> str:
        """The sku that was sold."""
        ...


Units = TypeVar("Units", bound=OfSku)


def fitting(recipes: Recipes, units: Sequence[Units], size: int) -> Sequence[Units]:
    """The first of these units that together move at most `size` items of stock."""
    taken = 0
    for number, each in enumerate(units):
        taken += len(shelf_skus(recipes, each.sku))
        if taken > size:
            return units[:number]
    return units


def recipes_after(order: Order, events: Iterable[object]) -> Recipes:
    """What the order's kits are made of once these events are on the log."""
    fresh = {kit.sku: kit.components for event in events if isinstance(event, ComponentsFixed) for kit in event.kits}
    return {**order.kits, **fresh} if fresh else order.kits


def settled(order: Order) -> set[str]:
    """Skus of the order of which it is settled what they are on the shelf: units of them have a place, or had one."""
    from oms.orders.events import UnitState

    nowhere = {UnitState.OPEN, UnitState.CANCELLED}
    moved = {
        line.placed.sku
        for line in order.lines.values()
        if any(count for state, count in line.counts.items() if state not in nowhere)
    }
    return moved | order.kits.keys()


def fixed(order: Order, event: ComponentsFixed) -> Order:
    """The order once it is written down what its kits are made of: a part of the fold.

    Raises:
        ValueError: a kit is made of nothing, or of less than one unit, or it was settled before what the sku is.
    """
    known = settled(order)
    for kit in event.kits:
        if kit.sku in known:
            raise ValueError(f"it is settled already what {kit.sku} is made of")
        if not kit.components or min(each.quantity for each in kit.components) < 1:
            raise ValueError(f"{kit.sku} is made of nothing")
    return replace(order, kits=recipes_after(order, [event]))
