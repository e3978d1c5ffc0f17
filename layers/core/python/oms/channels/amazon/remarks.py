"""What is to be noticed about an Amazon order before it is carried out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oms.channels.amazon.figures import Figures
from oms.channels.amazon.payload import AmazonOrder, OrderItem
from oms.channels.document import Remark

DONE = frozenset({"SHIPPED", "PARTIALLY_SHIPPED"})
REPLACEMENT = "REPLACEMENT_ORIGINAL_ID"

BY_AMAZONS_CARRIER = frozenset({"AMAZON_EASY_SHIP", "DELIVERY_BY_AMAZON", "FBM_SHIP_PLUS", "IN_STORE_PICK_UP"})
"""Programs whose parcels leave with a label or a hand-over that only Amazon's own pages have."""


def collected(items: Sequence[OrderItem], found: Figures) -> set[bool]:
    """Whether the marketplace collects the tax, of each item that has any."""
    return {item.marketplace_tax for item in items if found.costs[item.order_item_id].tax}


def remarks(order: AmazonOrder, items: Sequence[OrderItem], found: Figures) -> list[Remark]:
    """What a person has to look at: wishes of the buyer always, all else when the order is new here."""
    wishes = [
        Remark(f"item {item.order_item_id}: the buyer asks to cancel it; confirm or decline that in Seller Central")
        for item in items
        if item.cancellation_wanted
    ]
    return wishes + [Remark(note, at_placing=True) for note in _notes(order, items, found)]


def _notes(order: AmazonOrder, items: Sequence[OrderItem], found: Figures) -> Iterator[str]:
    """What keeps a new order from being carried out as it stands."""
    if order.fulfillment.fulfillment_status in DONE:
        shipped = sum(item.fulfilled for item in items)
        yield f"the channel says that {shipped} units have been shipped already"
    if programs := sorted(BY_AMAZONS_CARRIER & set(order.programs)):
        yield f"Amazon has its own way of handing it over ({', '.join(programs)}): take the label from there"
    if weighed := [item.order_item_id for item in items if item.measurement and item.measurement.unit != "COUNT"]:
        yield f"{len(weighed)} items are sold by weight or measure, not by units"
    if collected(items, found) == {True, False}:
        yield "Amazon pays the tax of some lines to the state, and the merchant that of others"
    if any(item.cash_on_delivery for item in items):
        yield "the customer pays at the door"
    replaced = any(each.association_type == REPLACEMENT for each in order.associated_orders)
    if found.total is None and not replaced:
        yield "the channel tells no total: the application may lack a role"
