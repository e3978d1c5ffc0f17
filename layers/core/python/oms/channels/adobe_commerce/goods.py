"""Which items of an Adobe Commerce order are goods: of a parent and its parts only one side is sold.

* A configurable product and its variant that was chosen stand there both, under one sku: the one with the price counts.
* A bundle and its parts stand there both. The parts are what is in stock, so they are the lines; a bundle with a price
  of its own gives it to them, each unit the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from oms.channels.adobe_commerce.payload import AdobeOrder, Item

BUNDLE = "bundle"
CANCELED, CLOSED = "canceled", "closed"


@dataclass(frozen=True, slots=True)
class Good:
    """A line as it was sold, and what has become of its units."""

    item: Item
    canceled: Decimal
    refunded: Decimal
    shipped: Decimal

    @property
    def units(self) -> int:
        """The line's units; a fraction of one is sold as one, and remarked."""
        return int(self.item.qty_ordered) if self.whole else 1

    @property
    def whole(self) -> bool:
        """Whether it is a number of units at all."""
        ordered = self.item.qty_ordered
        return ordered >= 1 and ordered == ordered.to_integral_value()

    def unwanted(self, state: str) -> int:
        """Units that the shop will not have sent: cancelled, or given back beyond what was sent.

        Shipment can take what is ordered less the larger of what was sent and what was refunded, and less what was
        cancelled: so does the shop reckon itself.
        """
        if state == CANCELED:
            return self.units
        if state == CLOSED:
            return max(self.units - int(self.shipped), 0)
        return min(self.units, int(self.canceled + max(self.refunded - self.shipped, Decimal(0))))


def goods_of(order: AdobeOrder) -> list[Good]:
    """The lines of an order."""
    known = {item.item_id for item in order.items}
    parts: dict[str, list[Item]] = {}
    for item in order.items:
        if item.parent_item_id in known and item.qty_ordered > 0:
            parts.setdefault(item.parent_item_id, []).append(item)
    return [
        good
        for item in order.items
        if item.parent_item_id not in known and item.qty_ordered > 0
        for good in _sold(item, parts.get(item.item_id, ()))
    ]


def _sold(item: Item, parts: Sequence[Item]) -> Iterator[Good]:
    if item.product_type == BUNDLE and parts:
        yield from (_part(each, item) for each in _with_prices(item, parts))
        return
    priced = item if item.priced else next((part for part in parts if part.priced), item)
    yield Good(priced, item.qty_canceled, item.qty_refunded, item.qty_shipped)


def _part(part: Item, bundle: Item) -> Good:
    """A part of a bundle: what became of it is counted with it or with the bundle, as the shop ships it."""
    per = part.qty_ordered / bundle.qty_ordered
    return Good(
        part,
        max(part.qty_canceled, bundle.qty_canceled * per),
        max(part.qty_refunded, bundle.qty_refunded * per),
        max(part.qty_shipped, bundle.qty_shipped * per),
    )


_SHARED = (
    "row_total",
    "tax_amount",
    "discount_amount",
    "discount_tax_compensation_amount",
    "weee_tax_applied_row_amount",
)


def _with_prices(bundle: Item, parts: Sequence[Item]) -> Sequence[Item]:
    if any(part.priced for part in parts) or not bundle.priced:
        return parts
    units = sum(part.qty_ordered for part in parts)
    return [
        part.model_copy(
            update={"price": None} | {name: getattr(bundle, name) * part.qty_ordered / units for name in _SHARED}
        )
        for part in parts
    ]
