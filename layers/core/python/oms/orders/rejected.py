"""What a rejection makes of an order's state: a part of the fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from oms.orders.edited import unpacked
from oms.orders.rejecting import Rejection, UnitsRejected
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
