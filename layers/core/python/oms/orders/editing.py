"""What an edit makes happen to an order, in the past tense: lines added, another shipping service, stock given back.

A line that was sold is never changed. Fewer units of it are a cancellation, and more of the same are a line of their
own, so that what each unit was sold for stays what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from oms.orders.sold import Charge, PlacedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesAdded:
    """More was sold on the same order. Their ids follow those of the lines that are there."""

    lines: tuple[PlacedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingServiceChanged:
    """What has not left yet goes by another service.

    `charge` takes the place of all that shipping cost before, and `net` and `tax` are the difference; without one the
    customer pays what was agreed.
    """

    service: str
    charge: Charge | None = None
    net: int = 0
    tax: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedUnits:
    """Units of a line whose reserved stock was given back to a location."""

    line_id: str
    sku: str
    quantity: int
    fulfillment_order_id: str
    location_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsReleased:
    """Nobody had begun with these units; their stock was given back in the same transaction, and they are open again.

    So routing looks for a place anew: the parcel goes to another address.
    """

    units: tuple[ReleasedUnits, ...]
    reason: str = ""


EditEvent = LinesAdded | ShippingServiceChanged | UnitsReleased
