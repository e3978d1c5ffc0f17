"""What a rejection makes of an order's state: a part of the fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from oms.orders.edited import unpacked
from oms.orders.rejecting import LocationReadmitted, Rejection, UnitsRejected
from oms.orders.units import UnitState

if TYPE_CHECKING:
    from oms.orders.order import Order

Move = Callable[["Order", str, UnitState, UnitState, int, str], "Order"]
"""How the fold moves units: order, line, from, to, how many, and the fulfillment order that they belong to."""


def rejected(order: Order, event: UnitsRejected, at: datetime, move: Move) -> Order:
    """The units are open again, out of their parcels if they were in any, and the order remembers who said so.

    Raises:
        ValueError: the units are not at that location, or not in that parcel.
    """
    share = order.fulfillment_orders.get(event.fulfillment_order_id)
    if share is None or share.location_id != event.location_id:
        raise ValueError(f"{event.fulfillment_order_id} is not at {event.location_id}")
    for unit in event.units:
        if bool(unit.parcel_id) != (unit.source is UnitState.PACKED):
            raise ValueError(f"line {unit.line_id}: packed units, and no others, are taken out of a parcel")
        if unit.parcel_id:
            if unit.parcel_id not in share.parcel_ids:
                raise ValueError(f"{unit.parcel_id} is no parcel of {event.fulfillment_order_id}")
            parcel = unpacked(order.parcels[unit.parcel_id], unit)
            order = replace(order, parcels={**order.parcels, unit.parcel_id: parcel})
        order = move(order, unit.line_id, unit.source, UnitState.OPEN, unit.quantity, event.fulfillment_order_id)
    return replace(order, rejections=(*order.rejections, Rejection(event, at)))


def readmitted(order: Order, event: LocationReadmitted) -> Order:
    """The location may be asked again for whatever it gave back.

    Raises:
        ValueError: nothing speaks against it.
    """
    if not any(_of(each, event.location_id) for each in order.rejections):
        raise ValueError(f"{event.location_id} may be asked for order {order.order_id} already")
    lifted = (replace(each, lifted=True) if _of(each, event.location_id) else each for each in order.rejections)
    return replace(order, rejections=tuple(lifted))


def _of(rejection: Rejection, location_id: str) -> bool:
    return rejection.event.location_id == location_id and rejection.lapses_at is not None


def lapses(order: Order) -> Iterator[tuple[datetime, str]]:
    """When locations may be asked again for units that still have no place: moment and location id, the last counts."""
    if not any(order.counts.get(state) for state in (UnitState.OPEN, UnitState.BACKORDERED)):
        return
    latest: dict[str, datetime] = {}
    for each in order.rejections:
        if each.lapses_at is not None:
            location_id = each.event.location_id
            latest[location_id] = max(each.lapses_at, latest.get(location_id, each.lapses_at))
    yield from ((moment, location_id) for location_id, moment in latest.items())
