"""Room that an order takes of what a location can hand over in a day: booked with its units, given back with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oms.orders.order import Order
    from oms.orders.parts import FulfillmentOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """So many units of a fulfillment order are to leave its location on a day.

    What a location can do in a day is counted in several `slot`s, so that orders of the same moment seldom meet.
    """

    fulfillment_order_id: str
    location_id: str
    day: date
    slot: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomChange:
    """Units more or fewer that a location has taken on for a day, in one of its slots."""

    location_id: str
    day: date
    slot: int
    units: int


def booked(order: Order, bookings: Iterable[Booking]) -> Order:
    """The order once room was booked for its fulfillment orders: a part of the fold."""
    shares = dict(order.fulfillment_orders)
    for each in bookings:
        share = shares[each.fulfillment_order_id]
        if share.location_id != each.location_id or each.units < 1:
            raise ValueError(f"{each.fulfillment_order_id} cannot book {each.units} units at {each.location_id}")
        shares[each.fulfillment_order_id] = replace(share, bookings=(*share.bookings, each))
    return replace(order, fulfillment_orders=shares)


def room_changes(before: Order, after: Order) -> tuple[RoomChange, ...]:
    """What the difference between two states of an order takes of the room of locations, and gives back."""
    was, now = _taken(before), _taken(after)
    return tuple(
        RoomChange(location_id=location_id, day=day, slot=slot, units=units)
        for location_id, day, slot in dict.fromkeys((*was, *now))
        if (units := now.get((location_id, day, slot), 0) - was.get((location_id, day, slot), 0))
    )


def _taken(order: Order) -> Mapping[tuple[str, date, int], int]:
    taken: dict[tuple[str, date, int], int] = {}
    for share in order.fulfillment_orders.values():
        for each in _standing(share):
            key = each.location_id, each.day, each.slot
            taken[key] = taken.get(key, 0) + each.units
    return taken


def _standing(share: FulfillmentOrder) -> Iterable[Booking]:
    """The bookings of a fulfillment order, as far as it still has units for them: the first days are the last to go."""
    from oms.orders.events import UnitState

    live = sum(count for state, count in share.counts.items() if state is not UnitState.CANCELLED)
    for each in share.bookings:
        if live > 0:
            yield replace(each, units=min(each.units, live))
        live -= each.units
