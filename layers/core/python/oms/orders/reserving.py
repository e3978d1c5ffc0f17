"""Units that a channel had reserved for a basket before it became an order: how they become the order's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oms.orders.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedUnits:
    """Units of what lies on a shelf, kept at a location for whoever names the reservation."""

    sku: str
    location_id: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationUsed:
    """The order has taken over what was reserved for its basket.

    These units are free again, and what the order takes of them it takes in the same transaction.
    """

    reservation_id: str
    units: tuple[ReservedUnits, ...]


def used(order: Order, event: ReservationUsed) -> Order:
    """The order after it: a part of the fold.

    Raises:
        ValueError: the order does not name this reservation, or has used it before.
    """
    if event.reservation_id != order.placed.reservation_id:
        raise ValueError(f"order {order.order_id} does not name reservation {event.reservation_id}")
    if order.reservation_used is not None:
        raise ValueError(f"reservation {event.reservation_id} is used twice")
    return replace(order, reservation_used=event)
